import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

export interface MenuItem {
  text: ReactNode;
  act: () => void;
  /** For a choice among several: this one holds. */
  isChosen?: boolean;
  isDanger?: boolean;
  /** Why it is impossible now. */
  impossible?: string | undefined;
}

interface MenuProps {
  /** What the button says, and shows. */
  label: string;
  button: ReactNode;
  className?: string;
  /** Above the items: who is signed in, say. */
  head?: ReactNode;
  items: readonly MenuItem[];
}

/** A button with a list of actions: arrows move, Esc closes and gives the focus back. */
export function Menu({ label, button, className = 'btn btn--quiet btn--sm', head, items }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return;
    const all = entries(root.current);
    (all.find((entry) => entry.getAttribute('aria-checked') === 'true') ?? all[0])?.focus();
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (!isOpen) return;
    const all = entries(root.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Escape') close();
    else if (event.key === 'Tab') setOpen(false);
    else if (to !== undefined) all[(to + all.length) % all.length]?.focus();
    else return;
    if (event.key !== 'Tab') event.preventDefault();
    event.stopPropagation();
  };
  return (
    <span className="menu" ref={root} onKeyDown={onKey}>
      <button
        ref={opener}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen && (
        <div className="menu__box">
          {head && <div className="menu__head">{head}</div>}
          <ul role="menu" id={id} aria-label={label}>
            {items.map((item, i) => (
              <li key={i} role="none">
                <button
                  type="button"
                  tabIndex={-1}
                  role={item.isChosen === undefined ? 'menuitem' : 'menuitemradio'}
                  aria-checked={item.isChosen}
                  aria-disabled={item.impossible ? true : undefined}
                  title={item.impossible}
                  className={item.isDanger ? 'is-danger' : undefined}
                  onClick={() => {
                    if (item.impossible) return;
                    close();
                    item.act();
                  }}
                >
                  {item.text}
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </span>
  );
}

const entries = (root: HTMLElement | null): HTMLElement[] => [
  ...(root?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? []),
];
