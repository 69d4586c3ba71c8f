import type { Role } from '@/api';
import { Segmented } from '@/components';

const roles: { value: Role; text: string }[] = [
  { value: 'viewer', text: 'Viewer' },
  { value: 'operator', text: 'Operator' },
  { value: 'editor', text: 'Editor' },
  { value: 'admin', text: 'Admin' },
];

const said: Record<Role, string> = {
  viewer: 'sees all but secrets; samples of rows are hidden',
  operator: 'starts, stops and redrives, too',
  editor: 'changes workflows, which run code, too',
  admin: 'users, secrets and backups, too',
};

export function RoleChoice({ role, onChange }: { role: Role; onChange: (role: Role) => void }) {
  return (
    <div className="field">
      <span>Role</span>
      <Segmented label="Role" value={role} options={roles} onChange={onChange} />
      <small>{said[role]}</small>
    </div>
  );
}
