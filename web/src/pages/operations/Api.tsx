import { useState } from 'react';
import { useQuery } from '@/api';
import { Card, Foreign, Loaded, SearchField } from '@/components';
import { formatCount } from '@/formats';

interface Operation {
  method: string;
  path: string;
  summary: string;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** Every route, from the document that the daemon gives. */
export default function Api() {
  const document = useQuery('/api/v1/openapi.json');
  const [wanted, setWanted] = useState('');
  return (
    <Card
      flush
      title="API"
      note="/api/v1/openapi.json"
      tools={<SearchField label="Find a route" value={wanted} onChange={setWanted} />}
    >
      <Loaded query={document} rows={10}>
        {(data) => {
          const all = operationsIn(data);
          const shown = all.filter((one) =>
            `${one.method} ${one.path} ${one.summary}`.toLowerCase().includes(wanted.toLowerCase()),
          );
          return (
            <>
              <ul className="rows">
                {shown.map((one) => (
                  <li key={`${one.method} ${one.path}`} className="route-row">
                    <code className="strong">{one.method.toUpperCase()}</code>
                    <code>{one.path}</code>
                    <span className="ink-2">
                      <Foreign>{one.summary}</Foreign>
                    </span>
                  </li>
                ))}
              </ul>
              <div className="card__foot">
                {formatCount(shown.length, 'route')}; every request takes a token: Authorization: Bearer TOKEN
              </div>
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

function operationsIn(document: {
  paths?: Record<string, Record<string, { summary?: string; description?: string }>>;
}): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, own]) =>
    methods.flatMap((method) => {
      const one = own[method];
      return one ? [{ method, path, summary: one.summary ?? one.description ?? '' }] : [];
    }),
  );
}
