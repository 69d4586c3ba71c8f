import { useState } from 'react';
import { api, useQuery, type Answer } from '@/api';
import { Ago, Button, Confirm, Foreign } from '@/components';
import { formatBytes } from '@/formats';
import { List } from './List';

type Backup = Answer<'/api/v1/backups', 'get'>['items'][number];

export default function Backups() {
  const backups = useQuery('/api/v1/backups', { query: { limit: 1000 } });
  const [isAsked, ask] = useState(false);
  return (
    <>
      <List
        title="Backups"
        one="backup"
        query={backups}
        rowKey={(one) => one.name}
        tools={
          <Button small onClick={() => ask(true)}>
            Make one…
          </Button>
        }
        columns={[
          {
            id: 'name',
            head: 'File',
            isWide: true,
            cell: (one: Backup) => (
              <code>
                <Foreign>{one.name}</Foreign>
              </code>
            ),
          },
          { id: 'bytes', head: 'Size', isNumber: true, cell: (one) => formatBytes(one.bytes) },
          { id: 'at', head: 'Written', cell: (one) => <Ago at={one.written_at} /> },
        ]}
        foot={
          <>
            Restored by <code>stepwell restore</code>, with the daemon stopped.
          </>
        }
        empty={{
          icon: 'download',
          title: 'No backup yet',
          text: (
            <>
              One is made while runs go on; <code>stepwell backup</code> does the same.
            </>
          ),
        }}
      />
      {isAsked && (
        <Confirm
          title="Make a backup"
          lede="Runs go on meanwhile."
          verb="Make it"
          act={() => api.post('/api/v1/backups')}
          onClose={() => ask(false)}
          onDone={backups.reload}
        />
      )}
    </>
  );
}
