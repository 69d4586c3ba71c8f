// Keys that every page has, and the sheet that lists them with the page's own.
import { useState } from 'react';
import { Button, Dialog } from '@/components';
import { entries, pageOf } from '@/pages';
import { navigate, useLocation } from '@/router';
import { awaitSecondKey, useKeys } from './keys';
import { Palette } from './Palette';
import { useLetters, useTheme, type Theme } from './settings';

const nextTheme: Record<Theme, Theme> = { light: 'dark', dark: 'system', system: 'light' };
const letterOf = (path: string) => (path === '/' ? 'h' : (path[1] ?? ''));

interface GlobalKeysProps {
  isSearching: boolean;
  setSearching: (isSearching: boolean) => void;
}

export function GlobalKeys({ isSearching, setSearching }: GlobalKeysProps) {
  const [isOpen, setOpen] = useState(false);
  const [theme, setTheme] = useTheme();
  const places = entries.map((page) => [letterOf(page.path), () => navigate(page.path)] as const);
  useKeys({
    '?': () => setOpen(true),
    '/': () => setSearching(true),
    t: () => setTheme(nextTheme[theme]),
    g: () => awaitSecondKey(Object.fromEntries(places)),
  });
  if (isSearching) return <Palette onClose={() => setSearching(false)} />;
  return isOpen ? <Sheet onClose={() => setOpen(false)} /> : null;
}

function Sheet({ onClose }: { onClose: () => void }) {
  const { path } = useLocation();
  const [letters, setLetters] = useLetters();
  const own = pageOf(path)?.page.keys ?? [];
  const places = entries.map(
    (page) => [`G ${letterOf(page.path).toUpperCase()}`, page.nav?.text ?? ''] as const,
  );
  return (
    <Dialog title="Keys" onClose={onClose} foot={<Button onClick={onClose}>Close</Button>}>
      {own.length > 0 && <Keys title="On this page" keys={own} />}
      <Keys
        title="Everywhere"
        keys={[
          ['/', 'Search or jump to'],
          ...places,
          ['T', 'Theme'],
          ['Esc', 'Close what is open'],
          ['?', 'This sheet'],
        ]}
      />
      <button
        type="button"
        className="switch"
        role="switch"
        aria-checked={letters}
        onClick={() => setLetters(!letters)}
      >
        <span className="switch__track" />
        Single letters are keys
      </button>
    </Dialog>
  );
}

function Keys({ title, keys }: { title: string; keys: readonly (readonly [string, string])[] }) {
  return (
    <section className="stack keys">
      <h3>{title}</h3>
      <dl className="facts facts--list">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split(' ').map((part, i) => (
                <kbd key={i} className="kbd">
                  {part}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
