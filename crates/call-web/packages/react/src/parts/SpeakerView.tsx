import { useRef } from "react";
import { useElementSize } from "../hooks/useElementSize.js";
import { stageLayout } from "../layout/stage.js";
import type { TilePerson } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { TileField } from "./TileField.js";

export interface SpeakerViewProps {
  people: readonly TilePerson[];
  /** Whose picture is large: the speaker, the chosen one, or whoever shares a screen. */
  stage: string | null;
  onChoose?: ((userId: string) => void) | undefined;
}

/** One person on the stage, the others in a film strip. */
export function SpeakerView({ people, stage, onChoose }: SpeakerViewProps) {
  const strings = useStrings();
  const area = useRef<HTMLDivElement>(null);
  const { width, height } = useElementSize(area);
  const large =
    people.find((person) => person.userId === stage) ??
    people.find((person) => !person.isLocal) ??
    people[0];
  const others = people.filter((person) => person !== large);
  const layout = stageLayout(width, height, others.length);
  return (
    <div className="call-grid">
      <div className="call-grid-area" ref={area}>
        {large !== undefined && width > 0 && (
          <TileField
            people={[large, ...others]}
            boxes={[layout.stage, ...layout.strip]}
            label={strings.participants}
            onChoose={onChoose}
            chosen={large.userId}
          />
        )}
      </div>
    </div>
  );
}
