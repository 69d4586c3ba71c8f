import { useState, type ReactNode } from 'react';
import { ApiError } from '@/api';
import { Button, Dialog } from '@/components';

interface ConfirmProps {
  title: ReactNode;
  lede?: ReactNode;
  /** What the button says: "Revoke". */
  verb: string;
  isDanger?: boolean;
  act: () => Promise<unknown>;
  onClose: () => void;
  onDone: () => void;
  children?: ReactNode;
}

/** Says what will be, acts, and says what was refused. */
export function Confirm({
  title,
  lede,
  verb,
  isDanger = false,
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
      onDone();
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
            Not now
          </Button>
          <Button
            kind={isDanger ? 'danger-solid' : 'primary'}
            impossible={isBusy ? 'It is under way' : undefined}
            onClick={() => void go()}
          >
            {verb}
          </Button>
        </>
      }
    >
      {children}
      {error && (
        <p className="wrong" role="alert">
          {error.message}
        </p>
      )}
    </Dialog>
  );
}
