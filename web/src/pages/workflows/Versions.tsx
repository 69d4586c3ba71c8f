import { useQuery } from '@/api';
import { Card, Loaded, Skeleton, Time } from '@/components';
import { DiffView } from '@/components/diff';
import { Link, useLocation, useQueryValue, withQuery, type Kind } from '@/router';

const pair: Kind<[number, number] | null> = {
  parse: (text) => {
    const found = /^(\d{1,9})\.\.(\d{1,9})$/.exec(text);
    return found ? [Number(found[1]), Number(found[2])] : undefined;
  },
  print: (value) => (value ? `${value[0]}..${value[1]}` : ''),
  expected: '12..14, two versions',
};

/** What was in force when; each against the one before it. */
export function Versions({ workflow, current, most }: { workflow: string; current: number; most: number }) {
  const versions = useQuery('/api/v1/workflows/{workflow}/versions', {
    path: { workflow },
    query: { limit: Math.min(most, 1000) },
  });
  const [chosen] = useQueryValue('version', pair, null);
  const location = useLocation();
  return (
    <Card flush title="Versions" foot="A run keeps the version it began with.">
      <Loaded query={versions}>
        {(data) => (
          <ul className="rows">
            {data.items.slice(0, most).map((one) => {
              const before = one.version - 1;
              const isOpen = chosen?.[1] === one.version;
              return (
                <li key={one.version} className="version-row">
                  <b className="strong">{one.version}</b>
                  <Time at={one.created_at} />
                  <span>
                    {one.version === current && <span className="tag">in force</span>}{' '}
                    {before > 0 && (
                      <Link
                        className="linkish"
                        to={withQuery(location, {
                          version: isOpen ? undefined : `${before}..${one.version}`,
                        })}
                      >
                        {isOpen ? 'Close' : 'Diff'}
                      </Link>
                    )}
                  </span>
                  {isOpen && (
                    <div className="version-row__diff">
                      <VersionDiff workflow={workflow} before={chosen[0]} after={chosen[1]} />
                    </div>
                  )}
                </li>
              );
            })}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

function VersionDiff({ workflow, before, after }: { workflow: string; before: number; after: number }) {
  const old = useQuery('/api/v1/workflows/{workflow}/source', {
    path: { workflow },
    query: { version: before },
  });
  const now = useQuery('/api/v1/workflows/{workflow}/source', {
    path: { workflow },
    query: { version: after },
  });
  if (old.error ?? now.error) return <p className="ink-3">{(old.error ?? now.error)?.message}</p>;
  if (!old.data || !now.data) return <Skeleton />;
  return (
    <DiffView before={old.data.text} after={now.data.text} label={`From version ${before} to ${after}`} />
  );
}
