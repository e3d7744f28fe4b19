export default function RulesPage({ side }: { side: React.ReactNode }) {
  return <>{side}</>;
}
