import type { InputHTMLAttributes, ReactNode, Ref } from 'react';
import { Icon } from './Icon';

interface SearchFieldProps extends Pick<
  InputHTMLAttributes<HTMLInputElement>,
  'placeholder' | 'autoFocus' | 'onKeyDown'
> {
  /** What is searched: read out, and shown while the field is empty. */
  label: string;
  value: string;
  onChange: (text: string) => void;
  box?: Ref<HTMLInputElement>;
  /** As wide as its place. */
  isWide?: boolean;
  /** Behind the text: the count of hits, a key. */
  children?: ReactNode;
}

/** A line to search by. */
export function SearchField({
  label,
  placeholder = label,
  value,
  onChange,
  box,
  isWide = false,
  children,
  ...rest
}: SearchFieldProps) {
  return (
    <label className={isWide ? 'search search--wide' : 'search'}>
      <Icon name="search" />
      <input
        {...rest}
        ref={box}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      {children}
    </label>
  );
}
