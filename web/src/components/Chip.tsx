import type { ReactNode } from 'react';
import { Icon } from './Icon';

interface ChipProps {
  name: string;
  value: ReactNode;
  onOpen?: () => void;
  onRemove?: () => void;
}

/** A filter that holds: what is filtered, by what, and how to drop it. */
export function Chip({ name, value, onOpen, onRemove }: ChipProps) {
  const content = (
    <>
      <span className="chip__key">{name}</span>
      <span className="chip__val">{value}</span>
    </>
  );
  return (
    <span className="chip">
      {onOpen ? (
        <button type="button" onClick={onOpen}>
          {content}
        </button>
      ) : (
        <span>{content}</span>
      )}
      {onRemove && (
        <button type="button" className="chip__x" aria-label={`Drop the filter ${name}`} onClick={onRemove}>
          <Icon name="close" size="sm" />
        </button>
      )}
    </span>
  );
}
