import { Button } from "./Button.js";
import { Dialog } from "./Dialog.js";

export interface ConfirmDialogProps {
  title: string;
  words: string;
  /** What the button that does it says. */
  action: string;
  /** What the button that does not says. */
  cancel: string;
  onConfirm: () => void;
  onCancel: () => void;
  /** Over the call, or over the whole page. */
  over?: "call" | "page";
}

/** Asked before what cannot be undone: leaving by the keyboard, removing somebody. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <Dialog
      role="alertdialog"
      title={props.title}
      words={props.words}
      over={props.over ?? "call"}
      onCancel={props.onCancel}
      actions={
        <>
          <Button size="large" onClick={props.onCancel}>
            {props.cancel}
          </Button>
          <Button look="danger" size="large" onClick={props.onConfirm}>
            {props.action}
          </Button>
        </>
      }
    />
  );
}
