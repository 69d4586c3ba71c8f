import { useQuery, type Answer } from '@/api';
import { Foreign, SearchField, Status, Time } from '@/components';
import { JsonView } from '@/components/json';
import { formatNumber } from '@/formats';
import { anyText, useQueryValue, wholeNumber } from '@/router';
import { List } from './List';

type Entry = Answer<'/api/v1/audit', 'get'>['items'][number];

/** Who did what; whether the chain of entries is whole. */
export default function Audit() {
  const [who, setWho] = useQueryValue('who', anyText, '');
  const [action, setAction] = useQueryValue('action', anyText, '');
  const [open, setOpen] = useQueryValue('entry', wholeNumber, 0);
  const entries = useQuery('/api/v1/audit', {
    query: { limit: 200, ...(who ? { who } : {}), ...(action ? { action } : {}) },
  });
  const chain = useQuery('/api/v1/audit/verification');
  return (
    <div className="stack">
      <div className="filters" role="search" aria-label="Filter entries">
        <SearchField label="Who" value={who} onChange={(text) => setWho(text, { replace: true })} />
        <SearchField label="Action" value={action} onChange={(text) => setAction(text, { replace: true })} />
        {chain.data && (
          <Status
            status={chain.data.whole ? 'succeeded' : 'failed'}
            word={
              chain.data.whole
                ? `Chain verified to entry ${formatNumber(chain.data.entries)}`
                : `Chain broken at entry ${formatNumber(chain.data.broken ?? 0)}: ${chain.data.why}`
            }
          />
        )}
      </div>
      <List
        title="Audit"
        one="entry"
        many="entries"
        query={entries}
        rowKey={(one) => one.hash}
        why={(one) =>
          one.sequence === open && one.details ? (
            <JsonView
              text={JSON.stringify({
                ...one.details,
                hash: one.hash,
                from: one.from,
                credential: one.credential,
              })}
              label="Details"
            />
          ) : undefined
        }
        columns={[
          { id: 'n', head: 'Entry', isNumber: true, cell: (one: Entry) => one.sequence ?? '' },
          { id: 'at', head: 'When', cell: (one) => (one.at ? <Time at={one.at} /> : '') },
          { id: 'who', head: 'Who', cell: (one) => <Foreign>{one.who ?? ''}</Foreign> },
          {
            id: 'action',
            head: 'Action',
            isWide: true,
            cell: (one) => (
              <code>
                <Foreign>{one.action ?? ''}</Foreign>
              </code>
            ),
          },
          { id: 'subject', head: 'Of', cell: (one) => <Foreign>{one.subject ?? ''}</Foreign> },
          { id: 'outcome', head: 'Outcome', cell: (one) => <Foreign>{one.outcome ?? ''}</Foreign> },
          {
            id: 'more',
            head: <span className="visually-hidden">Details</span>,
            cell: (one) => (
              <button
                type="button"
                className="linkish"
                onClick={() => setOpen(one.sequence === open ? 0 : (one.sequence ?? 0), { replace: true })}
              >
                {one.sequence === open ? 'Less' : 'More'}
              </button>
            ),
          },
        ]}
        empty={{ icon: 'lock', title: 'Nothing fits', text: 'Drop a filter to see more.' }}
      />
    </div>
  );
}
