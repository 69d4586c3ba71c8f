import { useState } from 'react';
import { api, useQuery, type Answer, type Role, type Schemas } from '@/api';
import { Ago, Button, Confirm, Foreign } from '@/components';
import { List } from './List';
import { RoleChoice } from './RoleChoice';

type User = Schemas['User'];
type Session = Answer<'/api/v1/sessions', 'get'>['items'][number];

/** Who may sign in by name, and as what. */
export default function Users() {
  const users = useQuery('/api/v1/users', { query: { limit: 1000 } });
  const sessions = useQuery('/api/v1/sessions', { query: { limit: 1000 } });
  const [isAdding, setAdding] = useState(false);
  const [removed, remove] = useState<User>();
  const [ended, end] = useState<string>();
  return (
    <div className="stack">
      <List
        title="Users"
        one="user"
        query={users}
        rowKey={(one) => one.name}
        tools={
          <Button small onClick={() => setAdding(true)}>
            Add…
          </Button>
        }
        columns={[
          { id: 'name', head: 'Name', isWide: true, cell: (one: User) => <Foreign>{one.name}</Foreign> },
          { id: 'role', head: 'Role', cell: (one) => one.role },
          {
            id: 'act',
            head: <span className="visually-hidden">Actions</span>,
            cell: (one) => (
              <Button small kind="quiet" onClick={() => remove(one)}>
                Remove…
              </Button>
            ),
          },
        ]}
        empty={{
          icon: 'hand',
          title: 'No user yet',
          text: 'Whoever has a token may come in; people sign in by name and password.',
        }}
      />
      <List
        title="Sessions"
        one="session"
        query={sessions}
        rowKey={(one) => one.id}
        columns={[
          { id: 'user', head: 'User', isWide: true, cell: (one: Session) => <Foreign>{one.user}</Foreign> },
          { id: 'made', head: 'Signed in', cell: (one) => <Ago at={one.created_at} /> },
          { id: 'used', head: 'Last used', cell: (one) => <Ago at={one.used_at} /> },
          {
            id: 'act',
            head: <span className="visually-hidden">Actions</span>,
            cell: (one) => (
              <Button small kind="quiet" onClick={() => end(one.user)}>
                End…
              </Button>
            ),
          },
        ]}
        empty={{ icon: 'lock', title: 'Nobody is signed in by name', text: 'Sessions of people stand here.' }}
      />
      {isAdding && <AddUser onClose={() => setAdding(false)} onDone={users.reload} />}
      {removed && (
        <Confirm
          title={`Remove ${removed.name}`}
          lede="Their sessions and tokens end."
          verb="Remove"
          isDanger
          act={() => api.delete('/api/v1/users/{user}', { path: { user: removed.name } })}
          onClose={() => remove(undefined)}
          onDone={users.reload}
        />
      )}
      {ended !== undefined && (
        <Confirm
          title={`End the sessions of ${ended}`}
          verb="End them"
          isDanger
          act={() => api.delete('/api/v1/sessions', { query: { user: ended } })}
          onClose={() => end(undefined)}
          onDone={sessions.reload}
        />
      )}
    </div>
  );
}

function AddUser({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  return (
    <Confirm
      title="Add a user"
      verb="Add"
      act={() => api.post('/api/v1/users', { body: { name, role, ...(password ? { password } : {}) } })}
      onClose={onClose}
      onDone={onDone}
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
      <label className="field">
        <span>Password</span>
        <input
          className="input"
          type="password"
          value={password}
          autoComplete="new-password"
          onChange={(event) => setPassword(event.target.value)}
        />
        <small>Twelve characters or more.</small>
      </label>
    </Confirm>
  );
}
