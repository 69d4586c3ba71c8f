import { useState } from 'react';
import { api, useMay, useQuery, type Role, type Schemas } from '@/api';
import { Ago, Button, Confirm, CopyButton, Dialog, Foreign } from '@/components';
import { List } from './List';
import { RoleChoice } from './RoleChoice';

type Token = Schemas['Token'];

/** What programs sign in with; a token is shown once, when it is made. */
export default function Tokens() {
  const tokens = useQuery('/api/v1/tokens', { query: { limit: 1000 } });
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<Made>();
  const [revoked, revoke] = useState<Token>();
  return (
    <>
      <List
        title="Tokens"
        one="token"
        query={tokens}
        rowKey={(one) => one.id}
        tools={
          <Button small onClick={() => setAdding(true)}>
            Make one…
          </Button>
        }
        columns={[
          { id: 'name', head: 'Name', isWide: true, cell: (one: Token) => <Foreign>{one.name}</Foreign> },
          { id: 'role', head: 'Role', cell: (one) => one.role },
          { id: 'made', head: 'Made', cell: (one) => <Ago at={one.created_at} /> },
          {
            id: 'act',
            head: <span className="visually-hidden">Actions</span>,
            cell: (one) => (
              <Button small kind="quiet" onClick={() => revoke(one)}>
                Revoke…
              </Button>
            ),
          },
        ]}
        empty={{
          icon: 'lock',
          title: 'No token yet',
          text: 'A program signs in with one; the command line uses it from STEPWELL_TOKEN.',
        }}
      />
      {isAdding && (
        <MakeToken
          onClose={() => setAdding(false)}
          onMade={(one) => {
            setMade(one);
            tokens.reload();
          }}
        />
      )}
      {made && <ShownToken made={made} onClose={() => setMade(undefined)} />}
      {revoked && (
        <Confirm
          title={`Revoke ${revoked.name}`}
          lede="Whoever uses it is refused at once."
          verb="Revoke"
          isDanger
          act={() => api.delete('/api/v1/tokens/{id}', { path: { id: revoked.id } })}
          onClose={() => revoke(undefined)}
          onDone={tokens.reload}
        />
      )}
    </>
  );
}

interface Made {
  name: string;
  token: string;
}

function MakeToken({ onClose, onMade }: { onClose: () => void; onMade: (made: Made) => void }) {
  const isAdmin = useMay('admin');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const make = async () => {
    const made = await api.post('/api/v1/tokens', { body: { name, role } });
    onMade({ name, token: (made as { token?: string }).token ?? '' });
  };
  return (
    <Confirm
      title="Make a token"
      verb="Make it"
      impossible={name ? undefined : 'It needs a name'}
      act={make}
      onClose={onClose}
    >
      <label className="field">
        <span>Name</span>
        <input
          className="input"
          value={name}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <RoleChoice role={role} onChange={setRole} />
      {!isAdmin && <p className="ink-3">At most your own role.</p>}
    </Confirm>
  );
}

function ShownToken({ made, onClose }: { made: Made; onClose: () => void }) {
  return (
    <Dialog
      title={`The token ${made.name}`}
      lede="It is shown this once."
      foot={
        <Button kind="primary" onClick={onClose}>
          I have it
        </Button>
      }
    >
      <p>
        <code className="token">{made.token}</code> <CopyButton text={made.token}>Copy</CopyButton>
      </p>
    </Dialog>
  );
}
