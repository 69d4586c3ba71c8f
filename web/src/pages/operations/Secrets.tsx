import { useQuery, type Answer } from '@/api';
import { Ago, Card, Foreign } from '@/components';
import { List } from './List';

type Secret = Answer<'/api/v1/secrets', 'get'>['items'][number];

/** Names, and who uses them; never a value. */
export default function Secrets() {
  const secrets = useQuery('/api/v1/secrets', { query: { limit: 1000 } });
  const missing = secrets.data?.missing ?? [];
  return (
    <div className="stack">
      {missing.length > 0 && (
        <Card title="Named and not there">
          <ul>
            {missing.map((one) => (
              <li key={one.name}>
                <code>
                  <Foreign>{one.name}</Foreign>
                </code>{' '}
                <span className="ink-3">
                  used by <Foreign>{one.used_by.join(', ')}</Foreign>
                </span>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <List
        title="Secrets"
        one="secret"
        query={secrets}
        rowKey={(one) => one.name}
        columns={[
          {
            id: 'name',
            head: 'Name',
            isWide: true,
            cell: (one: Secret) => (
              <code>
                <Foreign>{one.name}</Foreign>
              </code>
            ),
          },
          {
            id: 'from',
            head: 'From',
            cell: (one) => (
              <>
                <span>{one.provider}</span>{' '}
                <span className="ink-3">
                  <Foreign>{one.place}</Foreign>
                </span>
              </>
            ),
          },
          { id: 'used', head: 'Used by', cell: (one) => <Foreign>{one.used_by.join(', ')}</Foreign> },
          {
            id: 'at',
            head: 'Changed',
            cell: (one) =>
              one.updated_at ? (
                <>
                  <Ago at={one.updated_at} />{' '}
                  <span className="ink-3">
                    <Foreign>{one.updated_by ?? ''}</Foreign>
                  </span>
                </>
              ) : (
                ''
              ),
          },
        ]}
        foot={
          <>
            Set by <code>stepwell secrets set NAME</code>, which asks for the value.
          </>
        }
        empty={{
          icon: 'lock',
          title: 'No secret yet',
          text: (
            <>
              A value for <code>{'${secret:NAME}'}</code>: <code>stepwell secrets set NAME</code>.
            </>
          ),
        }}
      />
    </div>
  );
}
