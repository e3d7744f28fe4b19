import { type Room, usePage } from "../store/page";
import { openRoom } from "../store/view";
import { text } from "../text";

/** On a phone: which of the page's parts fills the screen. */
export function RoomTabs() {
  const [room, view] = [usePage((page) => page.room), usePage((page) => page.view)];
  const names = Object.entries(text().rooms[view]) as [Room, string][];
  if (names.length < 2) return null;
  return (
    <nav className="room-tabs">
      {names.map(([name, title]) => (
        <button
          key={name}
          type="button"
          aria-current={room === name ? "page" : undefined}
          onClick={() => openRoom(name)}
        >
          {title}
        </button>
      ))}
    </nav>
  );
}
