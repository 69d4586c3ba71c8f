import { icons, type IconName } from './icons';

interface IconProps {
  name: IconName;
  size?: 'xs' | 'sm' | 'md' | 'lg';
  /** Turns, without end: running and retrying only. */
  turns?: boolean | undefined;
  className?: string;
}

/** Decoration: what it means stands beside it as a word. */
export function Icon({ name, size = 'md', turns = false, className = '' }: IconProps) {
  const classes = ['icon', size === 'md' ? '' : `icon--${size}`, turns ? 'spin' : '', className];
  return (
    <svg className={classes.filter(Boolean).join(' ')} viewBox="0 0 16 16" aria-hidden="true">
      {icons[name]}
    </svg>
  );
}
