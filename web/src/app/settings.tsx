// What the reader chose, kept in this browser: theme and time zone.
import { useSyncExternalStore } from 'react';
import type { Zone } from '@/formats';

export type Theme = 'light' | 'dark' | 'system';

const listeners = new Set<() => void>();
const subscribe = (tell: () => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

function stored(key: string): string | null {
  try {
    return localStorage.getItem(`stepwell.${key}`);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(`stepwell.${key}`, value);
  } catch {
    // It holds until the page is left.
  }
}

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
const themes: Theme[] = ['light', 'dark', 'system'];

let theme: Theme = themes.find((one) => one === stored('theme')) ?? 'system';
let zone: Zone = stored('zone') === 'browser' ? browserZone : 'UTC';
const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** Puts the theme on the page; once, before the first paint, and whenever it changes. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
}
dark.addEventListener('change', applyTheme);

export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, () => theme), setTheme];
}
function setTheme(next: Theme): void {
  theme = next;
  store('theme', next);
  applyTheme();
  listeners.forEach((tell) => tell());
}

/** The zone in which times are shown. */
export function useZone(): [Zone, (zone: Zone) => void] {
  return [useSyncExternalStore(subscribe, () => zone), setZone];
}
function setZone(next: Zone): void {
  zone = next;
  store('zone', next === 'UTC' ? 'UTC' : 'browser');
  listeners.forEach((tell) => tell());
}

let letters = stored('letters') !== 'off';

/** Whether single letters are keys of a page. */
export const areLettersOn = (): boolean => letters;
export function useLetters(): [boolean, (on: boolean) => void] {
  return [useSyncExternalStore(subscribe, areLettersOn), setLetters];
}
function setLetters(on: boolean): void {
  letters = on;
  store('letters', on ? 'on' : 'off');
  listeners.forEach((tell) => tell());
}

/** The zones to choose from. */
export const zones: Zone[] = browserZone === 'UTC' ? ['UTC'] : ['UTC', browserZone];
