import { Component, useEffect, useMemo, useState, type ReactNode } from 'react';
import { askEarly, LiveContext, LiveStream, SessionProvider, useSession } from '@/api';
import {
  Button,
  ButtonLink,
  CopyButton,
  Failed,
  Foreign,
  later,
  Note,
  Skeleton,
  type Later,
} from '@/components';
import { pageOf } from '@/pages';
import type { Page, PageProps } from '@/pages/page';
import { useLocation } from '@/router';
import { Shell } from './Shell';
import { SignInDialog } from './SignInDialog';

export function App() {
  return (
    <SessionProvider>
      <Place />
    </SessionProvider>
  );
}

const known = new Map<Page, Later<PageProps>>();

function componentOf(page: Page): Later<PageProps> {
  const component = known.get(page) ?? later(page.load);
  known.set(page, component);
  return component;
}

/** Asks for what a page is made of all at once: who reads, its code, its data. What does not come, the page says itself. */
export function preparePage({ pathname, search }: { pathname: string; search: string }): void {
  const there = pageOf(pathname);
  askEarly('/api/v1/session');
  if (!there) return;
  for (const url of there.page.asks?.(new URLSearchParams(search), there.params) ?? []) askEarly(url);
  componentOf(there.page)
    .prepare()
    .catch(() => undefined);
}

function Place() {
  const { path } = useLocation();
  const there = pageOf(path);
  const content = there ? (
    <Boundary key={path}>
      <Shown page={there.page} params={there.params} />
    </Boundary>
  ) : (
    <NotFound path={path} />
  );
  if (there?.page.isBare) return content;
  return (
    <SignedIn>
      <WithLive key={path}>
        <Shell>{content}</Shell>
      </WithLive>
    </SignedIn>
  );
}

function Shown({ page, params }: { page: Page; params: Record<string, string> }) {
  const Component = componentOf(page);
  // eslint-disable-next-line react-hooks/static-components -- kept in `known`, one for each page
  return <Component params={params} />;
}

/** One event stream for a page; it opens when the page says from where. */
function WithLive({ children }: { children: ReactNode }) {
  const [stream] = useState(() => new LiveStream('/api/v1/events'));
  useEffect(() => () => stream.close(), [stream]);
  return <LiveContext value={stream}>{children}</LiveContext>;
}

/** The page, once it is known who reads it. Who was signed out meanwhile keeps the page, under a dialog. */
function SignedIn({ children }: { children: ReactNode }) {
  const { session, isSignedOut, error, renew } = useSession();
  const dialog = useMemo(() => <SignInDialog isFirst={!session} />, [session]);
  if (!session && error) return <Failed error={error} retry={() => void renew()} />;
  if (!session && !isSignedOut) return <Skeleton rows={6} />;
  return (
    <>
      {session && children}
      {isSignedOut && dialog}
    </>
  );
}

function NotFound({ path }: { path: string }) {
  return (
    <Note icon="search" title="There is no such page" actions={<ButtonLink to="/">Home</ButtonLink>}>
      <p>
        Nothing is at <Foreign code>{path}</Foreign>.
      </p>
    </Note>
  );
}

/** A page that breaks says so; the bars stay. */
class Boundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };
  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Note
        icon="warn"
        title="This page has a fault"
        actions={
          <>
            <Button onClick={() => window.location.reload()}>Load it again</Button>
            <CopyButton text={`${window.location.href}\n${error.stack ?? error.message}`}>
              Copy details
            </CopyButton>
          </>
        }
      >
        <p>
          <Foreign>{error.message}</Foreign>
        </p>
      </Note>
    );
  }
}
