import { useEffect, useRef } from 'react';

type Keys = Record<string, () => void>;

/** Where keys are the field's or the list's own. */
const ELSEWHERE = 'input, textarea, select, dialog, [role=menu], .json, .log, table';

/** Single keys, outside fields, dialogs and lists. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if ((event.target as Element).closest(ELSEWHERE)) return;
      const act = latest.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}
