export type { Call, CallEvents, MuteRequest, PictureView } from "./call.js";
export { CallClient, type ClientEvents } from "./client.js";
export { type Device, DeviceList, type DeviceLists } from "./devices.js";
export { type Clock, systemClock } from "./environment.js";
export * from "./errors.js";
export {
  type DirectResult,
  type NetworkPath,
  NetworkTest,
  type NetworkTestClient,
  type NetworkTestState,
  type RelayCheck,
  type RelayResult,
} from "./network-test.js";
export type { CallRequest, ClientOptions, HistoryQuery, MediaChoice } from "./options.js";
export { type PreCallClient, type PreCallState, PreCallTest } from "./precall.js";
export { Recordings, type RecordingsApi } from "./recordings.js";
export type { RestApi } from "./rest.js";
export type * from "./snapshot.js";
export { Emitter, type Store, ValueStore } from "./store.js";
export type * from "./wire/types.js";
