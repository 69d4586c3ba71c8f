import { useMemo } from 'react';
import { useQuery } from '@/api';
import { Card, Loaded } from '@/components';
import { Graph, isMachine, type NodeFacts } from '@/components/graph';
import { formatDuration } from '@/formats';

/** The version in force, with the usual time of each state. */
export default function GraphCard({ workflow, version }: { workflow: string; version: number }) {
  const definition = useQuery('/api/v1/workflows/{workflow}/definition', {
    path: { workflow },
    query: { version },
  });
  const usual = useQuery('/api/v1/workflows/{workflow}/usual', { path: { workflow } });
  const facts = useMemo(
    () =>
      new Map(
        (usual.data?.states ?? []).flatMap((state): [string, NodeFacts][] =>
          state.duration && state.duration.p50_ms > 0
            ? [[state.definition_path, { sub: formatDuration(state.duration.p50_ms) }]]
            : [],
        ),
      ),
    [usual.data],
  );
  return (
    <Card flush title="Graph" note={`version ${version}, usual times`}>
      <Loaded query={definition}>
        {(data) =>
          isMachine(data.definition) ? (
            <Graph machine={data.definition} facts={facts} chosen={undefined} onChoose={() => undefined} />
          ) : (
            <p className="card__foot">The definition is not there.</p>
          )
        }
      </Loaded>
    </Card>
  );
}
