export { ActiveCall } from "./connected/ActiveCall.js";
export { Call, type CallEnd, type CallProps } from "./connected/Call.js";
export {
  CallProvider,
  type CallProviderProps,
  type CallProviderWithClient,
  type CallProviderWithToken,
} from "./connected/CallProvider.js";
export { IncomingCalls, type IncomingCallsProps } from "./connected/IncomingCalls.js";
export { PreJoinCall, type PreJoinCallProps } from "./connected/PreJoinCall.js";
export { problemOf } from "./connected/problems.js";
export type { DeviceChoice, DeviceChoices, DeviceKind, DeviceOption } from "./devices.js";
export { clockDuration, spokenDuration } from "./format/duration.js";
export { bitrate, byteSize, inMilliseconds, listOf, percent, titleOf } from "./format/text.js";
export { isUserId } from "./format/userId.js";
export { useActiveSpeaker } from "./hooks/useActiveSpeaker.js";
export { useAttention } from "./hooks/useAttention.js";
export { useCall, useCallSnapshot } from "./hooks/useCall.js";
export { useCallClient, useClientState, useOnlineUsers } from "./hooks/useCallClient.js";
export { type CallHistory, useCallHistory } from "./hooks/useCallHistory.js";
export { useConnectionQuality } from "./hooks/useConnectionQuality.js";
export { useDevices } from "./hooks/useDevices.js";
export { useIncomingCall, useIncomingCalls } from "./hooks/useIncomingCall.js";
export { useMediaLevel } from "./hooks/useMediaLevel.js";
export { useNetworkTest } from "./hooks/useNetworkTest.js";
export { type Participants, participantsOf, useParticipants } from "./hooks/useParticipants.js";
export { useRecording } from "./hooks/useRecording.js";
export { useRememberedLayout } from "./hooks/useRememberedLayout.js";
export { useStore } from "./hooks/useStore.js";
export { useRecordingTone, useRingback, useRingtone } from "./hooks/useTone.js";
export { type Voice, VoiceLevelsContext } from "./hooks/useVoice.js";
export { type GridOptions, type GridPage, gridPage } from "./layout/grid.js";
export { type Tile, tilesOf } from "./layout/tiles.js";
export type {
  CallLayout,
  CallType,
  MediaProblem,
  MediaState,
  ParticipantRole,
  PauseReason,
  Person,
  PictureKind,
  Quality,
  Reaction,
  RosterPerson,
  StreamState,
  TilePerson,
  Topology,
} from "./model.js";
export { AddPeople, type AddPeopleProps, type Directory } from "./parts/AddPeople.js";
export { type Announce, Announcer, useAnnounce } from "./parts/Announcer.js";
export { AudioStage } from "./parts/AudioStage.js";
export { Avatar, type AvatarProps } from "./parts/Avatar.js";
export { Button, type ButtonProps } from "./parts/Button.js";
export { CallCanvas, type CallCanvasProps } from "./parts/CallCanvas.js";
export { CallSheet, type CallSheetProps } from "./parts/CallSheet.js";
export { CallStatus, type CallStatusProps } from "./parts/CallStatus.js";
export { CallSummary, type CallSummaryProps } from "./parts/CallSummary.js";
export { CallView, type CallViewProps, type ViewPhase } from "./parts/CallView.js";
export { ControlBar, type ControlBarProps } from "./parts/ControlBar.js";
export { DeviceMenu, type DeviceMenuProps } from "./parts/DeviceMenu.js";
export { GroupStage, type GroupStageProps } from "./parts/GroupStage.js";
export { IconButton, type IconButtonProps } from "./parts/IconButton.js";
export { IncomingCall, type IncomingCallProps } from "./parts/IncomingCall.js";
export { LevelMeter } from "./parts/LevelMeter.js";
export { Menu, MenuGroup, MenuItem, type MenuProps } from "./parts/Menu.js";
export { MoreMenu, type MoreMenuProps } from "./parts/MoreMenu.js";
export { NetworkReport, type NetworkReportProps, networkWords } from "./parts/NetworkReport.js";
export { Notice, type NoticeProps } from "./parts/Notice.js";
export { OneToOneStage, type OneToOneStageProps } from "./parts/OneToOneStage.js";
export { ParticipantGrid, type ParticipantGridProps } from "./parts/ParticipantGrid.js";
export { PeoplePanel, type PeoplePanelProps } from "./parts/PeoplePanel.js";
export { PermissionHelp, type PermissionHelpProps } from "./parts/PermissionHelp.js";
export { PreJoin, type PreJoinProps } from "./parts/PreJoin.js";
export { type Mutable, type PersonActions, PersonActionsContext } from "./parts/personActions.js";
export { QualityIndicator, type QualityIndicatorProps } from "./parts/QualityIndicator.js";
export { RemoteAudio, type RemoteAudioProps } from "./parts/RemoteAudio.js";
export { SelfView, type SelfViewProps } from "./parts/SelfView.js";
export { SpeakerView, type SpeakerViewProps } from "./parts/SpeakerView.js";
export { StartAudio } from "./parts/StartAudio.js";
export { type PeerFigures, StatsPanel, type StatsPanelProps } from "./parts/StatsPanel.js";
export { VideoTile, type VideoTileProps } from "./parts/VideoTile.js";
export { VideoView, type VideoViewProps } from "./parts/VideoView.js";
export { WaitingStage, type WaitingStageProps } from "./parts/WaitingStage.js";
export { ConsentDialog, type ConsentDialogProps } from "./recording/ConsentDialog.js";
export type {
  CurrentRecording,
  RecordingAnswer,
  RecordingControls,
} from "./recording/controls.js";
export { RecordDialog, type RecordDialogProps } from "./recording/RecordDialog.js";
export { RecordingSign, type RecordingSignProps } from "./recording/RecordingSign.js";
export { RecordingCard, type RecordingCardProps } from "./recordings/RecordingCard.js";
export { RecordingList, type RecordingListProps } from "./recordings/RecordingList.js";
export { RecordingPlayer, type RecordingPlayerProps } from "./recordings/RecordingPlayer.js";
export { TrackList, type TrackListProps } from "./recordings/TrackList.js";
export { type CallRecordings, useRecordings } from "./recordings/useRecordings.js";
export { english } from "./strings/english.js";
export { StringsProvider, useLocale, useStrings } from "./strings/StringsContext.js";
export type { PartialStrings, Strings } from "./strings/strings.js";
export { ViewWatchContext } from "./views/useView.js";
export { type PictureOnScreen, ViewWatch, type WatchedPicture } from "./views/ViewWatch.js";
