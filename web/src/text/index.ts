import { en, type Messages } from "./en";

/** The page's language. Add a translation: write a file of the shape of `en`, and a line here. */
const LANGUAGES: Record<string, Messages> = { en };

const chosen = LANGUAGES[navigator.language.slice(0, 2)] ?? en;

export const text = (): Messages => chosen;
