import type { DeviceChoices, DeviceKind } from "../devices.js";
import { useStrings } from "../strings/StringsContext.js";
import { MenuGroup, MenuItem } from "./Menu.js";

export interface DeviceMenuProps {
  devices: DeviceChoices;
  kinds: readonly DeviceKind[];
  onChoose: (kind: DeviceKind, deviceId: string | null) => void;
}

/** Menu groups for choosing devices; goes inside a `<Menu>`. */
export function DeviceMenu({ devices, kinds, onChoose }: DeviceMenuProps) {
  const strings = useStrings();
  return kinds.map((kind) => {
    const { options, selected } = devices[kind];
    // Browsers without a choice of speaker list none: then there is nothing to choose.
    if (kind === "speaker" && options.length === 0) return null;
    const known = options.some((option) => option.deviceId === selected);
    const current = known ? selected : (options[0]?.deviceId ?? null);
    return (
      <MenuGroup key={kind} label={strings[kind]}>
        {options.length === 0 && <div className="call-menu-empty">{strings.noDevices}</div>}
        {options.map((option, index) => (
          <MenuItem
            key={option.deviceId}
            checked={option.deviceId === current}
            onSelect={() => onChoose(kind, option.deviceId)}
          >
            {option.label || `${strings[kind]} ${index + 1}`}
          </MenuItem>
        ))}
      </MenuGroup>
    );
  });
}
