// Who is signed in, and what they may.
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { api, ApiError, onSignedOut, setCsrf, type Schemas } from './client';

export type Session = Schemas['Session'];
export type Role = 'viewer' | 'operator' | 'editor' | 'admin';

const roles: Role[] = ['viewer', 'operator', 'editor', 'admin'];

export interface SessionState {
  /** Nothing while it is asked for. */
  session: Session | undefined;
  /** Nobody is signed in, and there is no way in without. */
  isSignedOut: boolean;
  error: ApiError | undefined;
  /** Asks anew: after signing in. */
  renew: () => Promise<void>;
  signOut: () => Promise<void>;
}

const SessionContext = createContext<SessionState>({
  session: undefined,
  isSignedOut: false,
  error: undefined,
  renew: () => Promise.resolve(),
  signOut: () => Promise.resolve(),
});

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session>();
  const [isSignedOut, setSignedOut] = useState(false);
  const [error, setError] = useState<ApiError>();
  const renew = useCallback(async () => {
    try {
      const found = await api.get('/api/v1/session');
      setCsrf(found.csrf);
      setSession(found);
      setSignedOut(false);
      setError(undefined);
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      if (caught.status !== 401) setError(caught);
    }
  }, []);
  const signOut = useCallback(async () => {
    await api.delete('/api/v1/session');
    setCsrf(null);
    setSession(undefined);
    setSignedOut(true);
  }, []);
  useEffect(() => onSignedOut(() => setSignedOut(true)), []);
  useEffect(() => {
    // eslint-disable-next-line react-hooks/set-state-in-effect -- set when the answer is there
    void renew();
  }, [renew]);
  const value = useMemo(
    () => ({ session, isSignedOut, error, renew, signOut }),
    [session, isSignedOut, error, renew, signOut],
  );
  return <SessionContext value={value}>{children}</SessionContext>;
}

export const useSession = (): SessionState => useContext(SessionContext);

/** Whether the reader may do what takes this role. An action that they may not is not drawn. */
export function useMay(role: Role): boolean {
  const { session } = useSession();
  return session !== undefined && roles.indexOf(session.role as Role) >= roles.indexOf(role);
}
