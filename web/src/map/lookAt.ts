/** Lets a part of the page that knows nothing of the map bring a place into view. */

type Look = (place: { lat: number; lon: number }) => void;

let look: Look = () => undefined;

export const lookAt = {
  use(how: Look): void {
    look = how;
  },
  place(place: { lat: number; lon: number } | null): void {
    if (place) look(place);
  },
};
