/** Where a list will be, until it is here. */
export function Fetching({ words }: { words: string }) {
  return (
    <p className="empty" role="status">
      {words}
    </p>
  );
}
