/** A list or a panel with nothing in it: why, and what to do about it. */
export function Empty({ words, how = "" }: { words: string; how?: string }) {
  return (
    <div className="empty">
      <p>{words}</p>
      {how && <p className="row-sub">{how}</p>}
    </div>
  );
}
