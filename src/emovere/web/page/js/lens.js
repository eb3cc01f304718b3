// A camera of this device: opened, looked through, and let go.

import { Problem } from "./api.js";

const LONGEST = 640;
const QUALITY = 0.8;

const WORDS = {
  NotAllowedError: ["The camera was refused", "Allow it for this page in the browser's address bar, then open it again."],
  NotFoundError: ["No camera was found", "Connect one, then open it again. Photos and videos can be read without one."],
  NotReadableError: ["The camera is taken", "Another program seems to use it. Close that program, then open it again."],
  OverconstrainedError: ["This camera is not there any more", "Choose another one."],
};

/** One camera, shown on a video element. */
export class Lens {
  constructor(video) {
    this.video = video;
    this.stream = null;
    this.canvas = document.createElement("canvas");
  }

  get open() {
    return this.stream !== null;
  }

  /** Opens a camera, the default one unless an id is given. onlost: called where it goes away by itself. */
  async start(id, onlost = () => {}) {
    this.stop();
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Problem("The camera cannot be used here", "Browsers give it only to this machine (http://127.0.0.1) and to https pages.");
    }
    const wanted = { width: { ideal: 1280 }, height: { ideal: 720 }, ...(id ? { deviceId: { exact: id } } : { facingMode: "user" }) };
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    } catch (error) {
      const [title, detail] = WORDS[error.name] ?? ["The camera could not be opened", error.message];
      throw new Problem(title, detail);
    }
    this.stream = stream;
    stream.getVideoTracks()[0].addEventListener("ended", onlost);
    this.video.srcObject = stream;
    await this.video.play();
  }

  /** Lets the camera go: its light goes out. */
  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }

  /** The cameras that there are: [{id, name}]. Their names are known once one has been opened. */
  async others() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices
      .filter((device) => device.kind === "videoinput")
      .map((device, place) => ({ id: device.deviceId, name: device.label || `Camera ${place + 1}` }));
  }

  get id() {
    return this.stream?.getVideoTracks()[0].getSettings().deviceId;
  }

  /** What it sees now as a JPEG, not mirrored; null where it has not begun yet. longest: pixels of the longer side. */
  async jpeg(longest = LONGEST, quality = QUALITY) {
    const { videoWidth, videoHeight, readyState } = this.video;
    if (!this.open || !videoWidth || readyState < 2) return null;
    const scale = Math.min(1, longest / Math.max(videoWidth, videoHeight));
    this.canvas.width = Math.round(videoWidth * scale);
    this.canvas.height = Math.round(videoHeight * scale);
    this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/jpeg", quality));
  }
}
