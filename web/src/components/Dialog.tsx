import { useEffect, useId, useRef, type ReactNode } from 'react';

interface DialogProps {
  title: ReactNode;
  lede?: ReactNode;
  /** Buttons, the one that acts last. */
  foot?: ReactNode;
  /** Esc, or a press outside; without it the dialog stays. */
  onClose?: (() => void) | undefined;
  children?: ReactNode;
}

/** Over the page: holds the focus, gives it back, Esc closes. */
export function Dialog({ title, lede, foot, onClose, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = box.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      className="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onPointerDown={(event) => event.target === box.current && onClose?.()}
    >
      <div className="dialog__box">
        <div className="dialog__head">
          <h2 id={id}>{title}</h2>
          {lede && <p className="ink-2">{lede}</p>}
        </div>
        {children && <div className="dialog__body">{children}</div>}
        {foot && <div className="dialog__foot">{foot}</div>}
      </div>
    </dialog>
  );
}
