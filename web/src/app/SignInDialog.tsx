import { useSession } from '@/api';
import { Dialog } from '@/components';
import { navigate } from '@/router';
import { useEffect } from 'react';
import { SignInForm } from './SignInForm';

/** Who was signed out signs in over the page, which stays; who comes first goes to the sign-in page, and back. */
export function SignInDialog({ isFirst }: { isFirst: boolean }) {
  const { renew } = useSession();
  useEffect(() => {
    if (!isFirst) return;
    const next = window.location.pathname + window.location.search;
    navigate(`/signin${next === '/' ? '' : `?next=${encodeURIComponent(next)}`}`, { replace: true });
  }, [isFirst]);
  if (isFirst) return null;
  return (
    <Dialog
      title="You are signed out"
      lede="The page stays as it is. What was under way was not done: press it again."
    >
      <SignInForm onDone={() => void renew()} />
    </Dialog>
  );
}
