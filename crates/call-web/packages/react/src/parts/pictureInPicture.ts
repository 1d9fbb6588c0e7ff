/** Whether this browser can float a picture above other windows. */
export function hasPictureInPicture(): boolean {
  return typeof document !== "undefined" && document.pictureInPictureEnabled === true;
}

/** Floats the largest picture of a call, or brings it back. */
export function enterPictureInPicture(canvas: HTMLElement | null): void {
  if (document.pictureInPictureElement !== null) {
    void document.exitPictureInPicture().catch(() => undefined);
    return;
  }
  const area = (video: HTMLVideoElement) => video.clientWidth * video.clientHeight;
  const [largest] = [...(canvas?.querySelectorAll("video") ?? [])].sort(
    (a, b) => area(b) - area(a),
  );
  // Refused without a gesture or before the first frame: nothing happens then.
  void largest?.requestPictureInPicture().catch(() => undefined);
}
