/** What some keys do on the page that is open: each page says it while it is there. */

export interface OwnKeys {
  /** `j` and `k`. */
  step(by: 1 | -1): void;
  /** Escape: leave what is open on it; false when nothing is. */
  leave(): boolean;
}

let own: OwnKeys | null = null;

export const ownKeys = {
  /** Use these until the returned function is called. */
  use(keys: OwnKeys): () => void {
    own = keys;
    return () => {
      if (own === keys) own = null;
    };
  },
  step: (by: 1 | -1) => own?.step(by),
  leave: () => own?.leave() ?? false,
};
