// One question at a time, and of those asked meanwhile only the newest: whoever scrubs over a thousand
// moments asks for some of them, not for all.

/** Asks `ask` for what is wanted; a failure is told only where nothing newer is wanted. */
export function latest<Wanted, Answer>(
  ask: (wanted: Wanted) => Promise<Answer>,
  done: (wanted: Wanted, answer: Answer) => void,
  failed: (error: unknown) => void,
): { want: (wanted: Wanted) => void; end: () => void } {
  let next: { wanted: Wanted } | undefined;
  let isAsking = false;
  let isOver = false;

  async function go(): Promise<void> {
    isAsking = true;
    while (next && !isOver) {
      const { wanted } = next;
      next = undefined;
      try {
        const answer = await ask(wanted);
        // What came is shown also when another is wanted by now: whoever scrubs sees it move.
        if (!isOver) done(wanted, answer);
      } catch (error) {
        if (!isOver && !next) failed(error);
      }
    }
    isAsking = false;
  }

  return {
    want(wanted) {
      next = { wanted };
      if (!isAsking) void go();
    },
    end() {
      isOver = true;
    },
  };
}
