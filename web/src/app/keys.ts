// Keys of a page: outside fields, dialogs and lists, and never with Ctrl, Alt or Meta.
import { useEffect, useRef } from 'react';
import { areLettersOn } from './settings';

type Keys = Record<string, () => void>;

/** Where keys are the field's or the list's own. */
const ELSEWHERE = 'input, textarea, select, dialog, [role=menu], .json, .log, table';
/** How long the second key of two may take. */
const PAIR_MS = 1500;

const registered: { current: Keys }[] = [];
let pair: { keys: Keys; until: number } | undefined;

/** The next key is one of these, if it comes soon, whatever it means otherwise: the second of two, as in `G R`. */
export function awaitSecondKey(keys: Keys): void {
  pair = { keys, until: Date.now() + PAIR_MS };
}

function press(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key.length === 1 && event.key !== '?' && !areLettersOn()) return;
  if ((event.target as Element).closest(ELSEWHERE)) return;
  const second = pair && Date.now() < pair.until ? pair.keys : undefined;
  pair = undefined;
  const maps = second ? [second] : registered.map((one) => one.current).reverse();
  const act = maps.find((keys) => keys[event.key])?.[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

/** Calls what stands under the key that is pressed; of two that name a key, the one that came later. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    if (registered.length === 0) document.addEventListener('keydown', press);
    registered.push(latest);
    return () => {
      registered.splice(registered.indexOf(latest), 1);
      if (registered.length === 0) document.removeEventListener('keydown', press);
    };
  }, []);
}
