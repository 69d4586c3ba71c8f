import { useState } from 'react';
import { api, useMay, useQuery, type Answer } from '@/api';
import { Ago, Button, Confirm, Foreign, Status } from '@/components';
import { formatNumber } from '@/formats';
import { List } from './List';

type Delivery = Answer<'/api/v1/deliveries', 'get'>['items'][number];

const status = { waiting: 'waiting', delivered: 'succeeded', given_up: 'failed' } as const;
const words = { waiting: 'Waiting', delivered: 'Delivered', given_up: 'Given up' } as const;

/** Notifications on their way, and those that did not arrive. */
export default function Deliveries() {
  const deliveries = useQuery('/api/v1/deliveries', { query: { limit: 200 } });
  const [again, setAgain] = useState<Delivery>();
  const may = useMay('operator');
  return (
    <>
      <List
        title="Deliveries"
        one="delivery"
        many="deliveries"
        query={deliveries}
        rowKey={(one) => one.id}
        why={(one) => (one.error ? <Foreign>{one.error}</Foreign> : undefined)}
        columns={[
          {
            id: 'status',
            head: 'Status',
            cell: (one: Delivery) => <Status status={status[one.status]} word={words[one.status]} />,
          },
          { id: 'channel', head: 'Channel', cell: (one) => <Foreign>{one.channel}</Foreign> },
          { id: 'subject', head: 'Subject', isWide: true, cell: (one) => <Foreign>{one.subject}</Foreign> },
          {
            id: 'of',
            head: 'Of',
            cell: (one) => <Foreign>{[one.workflow, one.run].filter(Boolean).join(' ')}</Foreign>,
          },
          { id: 'made', head: 'Made', cell: (one) => <Ago at={one.created_at} /> },
          { id: 'tries', head: 'Attempts', isNumber: true, cell: (one) => formatNumber(one.attempts) },
          {
            id: 'next',
            head: 'Next try',
            cell: (one) => (one.due_at && one.status === 'waiting' ? <Ago at={one.due_at} /> : ''),
          },
          ...(may
            ? [
                {
                  id: 'act',
                  head: <span className="visually-hidden">Actions</span>,
                  cell: (one: Delivery) =>
                    one.status === 'waiting' ? null : (
                      <Button small kind="quiet" onClick={() => setAgain(one)}>
                        Replay…
                      </Button>
                    ),
                },
              ]
            : []),
        ]}
        empty={{
          icon: 'notify',
          title: 'Nothing was sent yet',
          text: (
            <>
              Channels are in the configuration, under <code>notifications</code>; a workflow names them in{' '}
              <code>notify</code>.
            </>
          ),
        }}
      />
      {again && (
        <Confirm
          title="Send it again"
          lede={
            <>
              <Foreign>{again.subject}</Foreign>, to {again.channel}
            </>
          }
          verb="Replay"
          act={() => api.post('/api/v1/deliveries/{id}/replay', { path: { id: again.id } })}
          onClose={() => setAgain(undefined)}
          onDone={deliveries.reload}
        />
      )}
    </>
  );
}
