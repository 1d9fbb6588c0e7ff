/** A microphone, camera or speaker to choose. */
export interface DeviceOption {
  deviceId: string;
  label: string;
}

/** The kinds of device a call uses. */
export type DeviceKind = "microphone" | "camera" | "speaker";

/** What there is, and what is in use (null: the system's default). */
export interface DeviceChoice {
  options: readonly DeviceOption[];
  selected: string | null;
}

/** The choices of every kind. */
export type DeviceChoices = Readonly<Record<DeviceKind, DeviceChoice>>;
