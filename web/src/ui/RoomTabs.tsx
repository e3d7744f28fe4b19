import { usePage } from "../store/page";
import { openRoom } from "../store/view";
import { text } from "../text";

/** On a phone: which of the three parts fills the screen. */
export function RoomTabs() {
  const room = usePage((page) => page.room);
  const t = text().rooms;
  return (
    <nav className="room-tabs">
      {(["list", "map", "story"] as const).map((name) => (
        <button
          key={name}
          type="button"
          aria-current={room === name ? "page" : undefined}
          onClick={() => openRoom(name)}
        >
          {t[name]}
        </button>
      ))}
    </nav>
  );
}
