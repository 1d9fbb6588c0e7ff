import { Volume2 } from "lucide-react";
import { useStrings } from "../strings/StringsContext.js";
import { Button } from "./Button.js";
import { Notice } from "./Notice.js";

/** Shown when the browser wants a click before it plays sound. */
export function StartAudio({ onStart }: { onStart: () => void }) {
  const strings = useStrings();
  return (
    <Notice
      look="warning"
      action={
        <Button look="primary" onClick={onStart}>
          <Volume2 size={18} aria-hidden /> {strings.startAudio}
        </Button>
      }
    >
      {strings.startAudioTitle}
    </Notice>
  );
}
