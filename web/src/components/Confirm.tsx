import { useState, type ReactNode } from 'react';
import { ApiError } from '@/api';
import { Button } from './Button';
import { Dialog } from './Dialog';
import type { IconName } from './icons';

interface ConfirmProps {
  title: ReactNode;
  lede?: ReactNode;
  /** What the button says: "Revoke". */
  verb: string;
  icon?: IconName;
  isDanger?: boolean;
  /** What the other button says. */
  refusal?: string;
  /** Why it cannot be done now. */
  impossible?: string | undefined;
  act: () => Promise<unknown>;
  onClose: () => void;
  /** After it was done, before the dialog closes. */
  onDone?: () => void;
  children?: ReactNode;
}

/** Says what will be, acts once, and says what was refused; then it stays. */
export function Confirm({
  title,
  lede,
  verb,
  icon,
  isDanger = false,
  refusal = 'Not now',
  impossible,
  act,
  onClose,
  onDone,
  children,
}: ConfirmProps) {
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    try {
      await act();
      onDone?.();
      onClose();
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      setError(caught);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      lede={lede}
      onClose={onClose}
      foot={
        <>
          <Button kind="quiet" onClick={onClose}>
            {refusal}
          </Button>
          <Button
            kind={isDanger ? 'danger-solid' : 'primary'}
            {...(icon ? { icon } : {})}
            impossible={isBusy ? 'It is under way' : impossible}
            onClick={() => void go()}
          >
            {verb}
          </Button>
        </>
      }
    >
      {children}
      <Refusal error={error} />
    </Dialog>
  );
}

/** Why something that was asked for was not done. */
export function Refusal({ error }: { error: ApiError | undefined }) {
  return (
    error && (
      <p className="wrong" role="alert">
        {error.message}
      </p>
    )
  );
}
