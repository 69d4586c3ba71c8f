import { useEffect, useRef, useState, type ReactNode } from 'react';

/** A live figure: where it changes, its ground is marked once, and fades. `value` says whether it is another one. */
export function Changing({ value, children }: { value: string | number; children: ReactNode }) {
  const [turn, setTurn] = useState(0);
  const last = useRef(value);
  useEffect(() => {
    if (last.current === value) return;
    last.current = value;
    setTurn((n) => n + 1);
  }, [value]);
  return (
    <span key={turn} className={turn ? 'has-changed' : undefined}>
      {children}
    </span>
  );
}
