import { useLive, useQuery } from '@/api';
import { useTitle } from '@/app/title';
import { Loaded, Tile } from '@/components';
import { existing } from '@/pages';
import { formatNumber } from '@/formats';
import { href, oneOf, useQueryValue } from '@/router';
import type { StatusName } from '@/status/status';

const ranges = oneOf('1h', '6h', '12h', '24h', '3d', '7d', '14d', '30d');
const tiles = ['failed', 'late', 'running', 'queued', 'waiting', 'succeeded'] as const satisfies StatusName[];

export default function Home() {
  useTitle('Home');
  const [range] = useQueryValue('range', ranges, '24h');
  const home = useQuery('/api/v1/home', { query: { range, intervals: 48 } });
  useLive(() => home.reload(), home.data?.as_of);
  return (
    <>
      <div className="head">
        <h1>Last {range}</h1>
      </div>
      <Loaded query={home}>
        {(data) => (
          <nav className="card card--flush tiles" aria-label="Runs by condition">
            {tiles.map((status, i) => (
              <Tile
                key={status}
                status={status}
                figure={formatNumber(data.tiles[status]?.count ?? 0)}
                note={data.tiles[status]?.worst[0]?.workflow}
                to={existing(href('/runs', {}, { status, start: `-${range}` }))}
                shortcut={i + 1}
              />
            ))}
          </nav>
        )}
      </Loaded>
    </>
  );
}
