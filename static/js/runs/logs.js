// The logs of runs: the page comes anew when runs begin or end, as it was filtered and where somebody stood.
import { bindRunLifecycleRefresh, reloadInPlace } from "./reactivity.js";

bindRunLifecycleRefresh({ onStarted: reloadInPlace, onCompleted: reloadInPlace });
