import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface DialogProps {
  readonly label: string;
  readonly kind: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

/** A modal dialogue: the browser keeps the focus in it and closes it with Escape; so does a press beside it. */
export function Dialog({ label, kind, close, children }: DialogProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const pressed = (event: MouseEvent) => {
    if (event.target === element.current) close();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does what a press beside the dialogue does
    <dialog
      ref={element}
      class={kind}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={pressed}
    >
      {children}
    </dialog>
  );
}
