// What stands around every page: the bars, and what is to be said above the page.
import { useEffect, useState, type ReactNode } from 'react';
import { useConnection, useSession } from '@/api';
import { Button, Foreign, Icon, Menu } from '@/components';
import { Link, navigate, useLocation, useQueryFaults } from '@/router';
import { entries, pageOf } from '@/pages';
import { ConnectionStrap } from './ConnectionStrap';
import { GlobalKeys } from './GlobalKeys';
import { useTheme, useZone, zones, type Theme } from './settings';

export function Shell({ children }: { children: ReactNode }) {
  const [isSearching, setSearching] = useState(false);
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <TopBar search={() => setSearching(true)} />
      <ConnectionStrap />
      <QueryFaults />
      <main id="main" className="page" tabIndex={-1}>
        {children}
      </main>
      <PhoneBar />
      <GlobalKeys isSearching={isSearching} setSearching={setSearching} />
    </>
  );
}

function useMarked(): string {
  const { path } = useLocation();
  const there = pageOf(path);
  return there?.page.under ?? there?.page.path ?? '';
}

export function Brand() {
  return (
    <Link className="brand" to="/">
      <svg viewBox="0 0 20 20" aria-hidden="true" fill="currentColor">
        <path d="M1 3h18v2.6H1z" />
        <path d="M3.6 7h12.8v2.6H3.6z" opacity=".82" />
        <path d="M6.2 11h7.6v2.6H6.2z" opacity=".64" />
        <path d="M8.6 15h2.8v2.6H8.6z" opacity=".46" />
      </svg>
      Stepwell
    </Link>
  );
}

function TopBar({ search }: { search: () => void }) {
  const marked = useMarked();
  return (
    <header className="topbar">
      <Brand />
      <nav className="nav" aria-label="Main">
        {entries.map((page) => (
          <Link key={page.path} to={page.path} aria-current={page.path === marked ? 'page' : undefined}>
            {page.nav?.text}
          </Link>
        ))}
      </nav>
      <div className="topbar__right">
        <button type="button" className="jump" onClick={search}>
          <Icon name="search" />
          Search or jump to
          <kbd className="kbd">/</kbd>
        </button>
        <Live />
        <ZoneMenu />
        <ThemeMenu />
        <UserMenu />
      </div>
    </header>
  );
}

function PhoneBar() {
  const marked = useMarked();
  const { path } = useLocation();
  const shown = entries.filter((page) => page.nav?.onPhone);
  if (shown.length < 2 || pageOf(path)?.page.hasActions) return null;
  return (
    <nav className="tabbar" aria-label="Main, on the phone">
      {shown.map((page) => (
        <Link key={page.path} to={page.path} aria-current={page.path === marked ? 'page' : undefined}>
          <Icon name={page.nav?.icon ?? 'home'} />
          {page.nav?.text}
        </Link>
      ))}
    </nav>
  );
}

function Live() {
  const connection = useConnection();
  if (connection.kind === 'off') return null;
  const isLive = connection.kind !== 'lost';
  return (
    <span className="live" title={isLive ? 'Events arrive as they happen' : 'No events arrive'}>
      <i className={`live__dot${isLive ? '' : ' is-lost'}`} />
      <span className="live__word">{isLive ? 'Live' : 'Not connected'}</span>
    </span>
  );
}

function ZoneMenu() {
  const [zone, setZone] = useZone();
  if (zones.length < 2) {
    return (
      <span className="live" title="Times are shown in UTC">
        UTC
      </span>
    );
  }
  return (
    <Menu
      label={`Times are shown in ${zone}`}
      button={
        <>
          {zone}
          <Icon name="chev-d" size="sm" />
        </>
      }
      items={zones.map((one) => ({ text: one, isChosen: one === zone, act: () => setZone(one) }))}
    />
  );
}

const themeWords: Record<Theme, string> = { light: 'Light', dark: 'Dark', system: 'As the system' };

function ThemeMenu() {
  const [theme, setTheme] = useTheme();
  return (
    <Menu
      label={`Theme: ${themeWords[theme].toLowerCase()}`}
      className="btn btn--quiet btn--icon btn--sm"
      button={<Icon name="moon" />}
      items={(Object.keys(themeWords) as Theme[]).map((one) => ({
        text: themeWords[one],
        isChosen: one === theme,
        act: () => setTheme(one),
      }))}
    />
  );
}

function UserMenu() {
  const { session, signOut } = useSession();
  if (!session) return null;
  const hasSession = session.credential === 'session';
  const initials =
    session.name
      .replace(/[^\p{L}\p{N}]/gu, '')
      .slice(0, 2)
      .toUpperCase() || '?';
  const isPhone = window.matchMedia('(max-width: 640px)').matches;
  const deeper = isPhone ? entries.filter((page) => !page.nav?.onPhone) : [];
  return (
    <Menu
      label={`${initials}: ${session.name}, ${session.role}`}
      className="avatar"
      button={initials}
      head={
        <>
          <Foreign>{session.name}</Foreign>, {session.role}
          {!hasSession && <div className="ink-3">Nobody is asked who they are (serve --open)</div>}
        </>
      }
      items={[
        ...deeper.map((page) => ({ text: page.nav?.text, act: () => navigate(page.path) })),
        ...(hasSession ? [{ text: 'Sign out', act: () => void signOut() }] : []),
      ]}
    />
  );
}

/** Names what the URL asked for and cannot be; it was dropped. */
function QueryFaults() {
  const [faults, forget] = useQueryFaults();
  const { path } = useLocation();
  useEffect(() => forget, [path, forget]);
  if (!faults.length) return null;
  return (
    <div className="strap" role="status">
      <Icon name="warn" />
      <span>
        {faults.map((fault) => (
          <span key={fault.key}>
            Expected {fault.key} to be {fault.expected}, but the link says “<Foreign>{fault.text}</Foreign>”:
            it was left out.{' '}
          </span>
        ))}
      </span>
      <Button small kind="quiet" onClick={forget}>
        Close
      </Button>
    </div>
  );
}
