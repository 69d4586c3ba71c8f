import type { ComponentType } from 'react';
import { useMay, type Role } from '@/api';
import { useTitle } from '@/app/title';
import { ButtonLink, later, Note, Tabs } from '@/components';
import { href } from '@/router';
import type { PageProps } from '../page';
import './page.css';

interface Part {
  id: string;
  name: string;
  /** Who may see it. */
  role: Role;
  content: ComponentType;
}

const parts: Part[] = [
  { id: 'pools', name: 'Pools', role: 'viewer', content: later(() => import('./Pools')) },
  { id: 'sensors', name: 'Sensors', role: 'viewer', content: later(() => import('./Sensors')) },
  { id: 'schedules', name: 'Schedules', role: 'viewer', content: later(() => import('./Schedules')) },
  { id: 'webhooks', name: 'Deliveries', role: 'viewer', content: later(() => import('./Deliveries')) },
  { id: 'approvals', name: 'Approvals', role: 'viewer', content: later(() => import('./Approvals')) },
  { id: 'storage', name: 'Storage', role: 'viewer', content: later(() => import('./Storage')) },
  { id: 'backups', name: 'Backups', role: 'admin', content: later(() => import('./Backups')) },
  { id: 'audit', name: 'Audit', role: 'admin', content: later(() => import('./Audit')) },
  { id: 'users', name: 'Users', role: 'admin', content: later(() => import('./Users')) },
  { id: 'tokens', name: 'Tokens', role: 'viewer', content: later(() => import('./Tokens')) },
  { id: 'secrets', name: 'Secrets', role: 'editor', content: later(() => import('./Secrets')) },
  { id: 'api', name: 'API', role: 'viewer', content: later(() => import('./Api')) },
];

export default function Operations({ params }: PageProps) {
  const id = params['part'] ?? 'pools';
  const part = parts.find((one) => one.id === id);
  useTitle(part?.name ?? 'Operations');
  const mays: Record<Role, boolean> = {
    viewer: useMay('viewer'),
    operator: useMay('operator'),
    editor: useMay('editor'),
    admin: useMay('admin'),
  };
  return (
    <>
      <div className="head">
        <h1>Operations</h1>
      </div>
      <Tabs
        label="Parts of operations"
        tabs={parts
          .filter((one) => mays[one.role])
          .map((one) => ({
            text: one.name,
            to: href('/operations/:part', { part: one.id }),
            isCurrent: one.id === id,
          }))}
      />
      {!part ? (
        <Note
          icon="search"
          title="There is no such part"
          actions={<ButtonLink to="/operations">Operations</ButtonLink>}
        />
      ) : !mays[part.role] ? (
        <Note icon="lock" title="You may not see this">
          <p>The role {part.role} may.</p>
        </Note>
      ) : (
        <part.content />
      )}
    </>
  );
}
