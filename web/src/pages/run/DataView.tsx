import { useQuery } from '@/api';
import { Loaded, Note } from '@/components';
import { Quarantine, ResultCard, type Result } from '@/components/data';
import { severity, statusOf } from '@/status/status';
import { useRun } from './data';
/** The result of each data task of this run: rows, checks, examples. */
export default function DataView() {
  const { key, overview } = useRun();
  const results = useQuery('/api/v1/runs/{run}/results', { path: { run: key }, query: { limit: 1000 } });
  const order = (one: Result) => severity(statusOf(one.status));
  return (
    <Loaded query={results} rows={8}>
      {(data) => {
        const items = [...(data.items as unknown as Result[])].sort((a, b) => order(a) - order(b));
        if (items.length === 0)
          return (
            <Note title="No data task has ended yet">
              <p>{overview.run.status === 'running' ? 'The run goes on.' : 'This run has none.'}</p>
            </Note>
          );
        return (
          <div className="stack">
            <Quarantine results={items} run={key} />
            {items.map((one) => (
              <ResultCard key={one.path} one={one} />
            ))}
          </div>
        );
      }}
    </Loaded>
  );
}
