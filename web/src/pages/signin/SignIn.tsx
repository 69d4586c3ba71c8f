import { useEffect } from 'react';
import { useSession } from '@/api';
import { Brand } from '@/app/Shell';
import { SignInForm } from '@/app/SignInForm';
import { useTitle } from '@/app/title';
import { navigate, safeNext, useLocation } from '@/router';

/** Name and password, or a link; nothing else is on the page. */
export default function SignIn() {
  const { session, isSignedOut } = useSession();
  const { query } = useLocation();
  const next = safeNext(query.get('next'));
  const isIn = session !== undefined && !isSignedOut;
  useTitle('Sign in');
  useEffect(() => {
    if (isIn) navigate(next, { replace: true });
  }, [isIn, next]);
  return (
    <main className="signin">
      <h1>
        <Brand />
      </h1>
      <section className="card signin__box" aria-label="Sign in">
        <SignInForm onDone={() => navigate(next, { replace: true })} />
      </section>
    </main>
  );
}
