import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Link } from '@/router';
import { Icon } from './Icon';
import type { IconName } from './icons';

export type ButtonKind = 'plain' | 'primary' | 'quiet' | 'danger' | 'danger-solid';

interface Looks {
  kind?: ButtonKind;
  small?: boolean;
  icon?: IconName;
  children?: ReactNode;
}
type ButtonProps = Looks &
  Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled' | 'children'> & {
    /** Why it is impossible now: it is drawn, focusable, and says so. */
    impossible?: string | undefined;
    /** What a button says that shows its icon alone. */
    label?: string;
  };

const classes = ({ kind = 'plain', small, children }: Looks) =>
  ['btn', kind === 'plain' ? '' : `btn--${kind}`, small ? 'btn--sm' : '', children ? '' : 'btn--icon']
    .filter(Boolean)
    .join(' ');

export function Button({
  kind,
  small,
  icon,
  children,
  impossible,
  label,
  onClick,
  title,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classes({ kind, small, children } as Looks)}
      aria-disabled={impossible ? true : undefined}
      aria-label={label}
      title={impossible ?? title ?? label}
      onClick={impossible ? undefined : onClick}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

export function ButtonLink({ to, kind, small, icon, children }: Looks & { to: string }) {
  return (
    <Link to={to} className={classes({ kind, small, children } as Looks)}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}

interface SegmentedProps<T extends string> {
  label: string;
  value: T | undefined;
  options: readonly { value: T; text: string }[];
  onChange: (value: T) => void;
}

/** One of a few, all in sight. */
export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>) {
  return (
    <span className="segmented" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.text}
        </button>
      ))}
    </span>
  );
}
