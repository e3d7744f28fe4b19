/** What `j` and `k` go through on the page that is open: each page says it while it is there. */

type Step = (by: 1 | -1) => void;

let step: Step | null = null;

export const steps = {
  /** Use this one until the returned function is called. */
  use(how: Step): () => void {
    step = how;
    return () => {
      if (step === how) step = null;
    };
  },
  go: (by: 1 | -1) => step?.(by),
};
