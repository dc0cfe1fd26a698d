"""The sentence of each code that an error or a message states; gaps are filled after it was translated."""

from __future__ import annotations

_WORKER = {
    "cancelled": "The work was cancelled; nothing was changed.",
    "cancelled_unbegun": "The work was cancelled before it began.",
    "no_memory": "The computer ran out of memory; close other programs or volumes and try again.",
    "disk_full": "The disk is full; make room on it and try again.",
    "defect": "The work failed by a defect of MTINet ({error}); please report it with the log.",
    "defect_in": "The work failed by a defect of MTINet ({error} in {place}); please report it with the log.",
    "no_torch": "PyTorch is not installed or cannot be loaded: open Setup and install PyTorch.",
    "package_missing": "The Python package '{package}' is not installed: open Setup and install the "
    "packages.",
    "package_broken": "A Python package cannot be loaded ({package}): open Setup and install the packages "
    "again.",
    "import_failed": "A Python package cannot be loaded (name unknown): open Setup and install the packages "
    "again.",
    "setup_no_torch": "PyTorch is not installed: install it below.",
    "setup_torch_broken": "PyTorch is installed but cannot be loaded: install it again below.",
    "setup_package_missing": "The package '{package}' is not installed: install the packages below.",
    "worker_not_started": "The worker process could not be started: {program} cannot be run ({reason}); "
    "install MTINet again.",
    "worker_unreachable": "The worker process cannot be reached: {reason}; check the space on the disk of "
    "the temporary folder.",
    "worker_folder_gone": "The worker process cannot be reached: the temporary folder is gone; check the "
    "space on the disk of the temporary folder.",
    "worker_of_other_version": "The worker process is of another version of MTINet: restart Slicer, or "
    "install MTINet again.",
    "worker_disk_full": "The disk of the temporary folder is full; make room on it and try again.",
    "worker_killed": "The worker process ended in the middle of its work (signal {signal}), perhaps because "
    "memory ran out; nothing was changed, try again.",
    "worker_ended": "The worker process ended in the middle of its work (exit code {exit_code}), perhaps "
    "because memory ran out; nothing was changed, try again.",
    "worker_without_library": "The worker process could not find MTINetLib: install MTINet again.",
    "worker_lacks_package": "The worker process could not start, the Python package '{package}' is not "
    "installed: open Setup and install the packages.",
    "worker_not_ready": "The worker process ended before it was ready (exit code {exit_code}); open Setup "
    "and check the installation.",
    "unknown_job": "The worker knows no job '{job}'; it knows {known}.",
    "array_unreadable": "The file {file} of the analysis cannot be read; try again.",
    "study_not_open": "The study is not open in the worker any more; analyze it again.",
    "no_single_volume": "'{volume}' is no single 3-D volume of numbers; choose another volume.",
}
_TRAINING = {
    "epochs_and_minutes": "Give either epochs or minutes for the training, not both.",
    "too_few_folds": "{folds} folds cannot be trained; choose 1, or more for a cross-validation.",
    "first_gpu_only": "Training uses the first GPU; choose the device cuda, or cpu.",
    "run_damaged": "{file} is damaged; start a new run.",
    "loss_not_finite": "The loss is no finite number any more after step {step}: start a new run with "
    "another preset, and check that no volume of the dataset holds extreme values.",
    "stopped_without_model": "The run was stopped before its first validation, so there is no model yet; "
    "resume it to go on.",
    "training_cancelled": "The training was cancelled; the run can be resumed from its last epoch.",
    "computer_full": "The computer ran out of memory: close other programs and resume the run.",
    "computer_full_batch": "The computer ran out of memory: start a new run with a batch of {smaller} "
    "instead of {batch} slices.",
    "gpu_full": "The GPU ran out of memory: close other programs and resume the run, or train on the CPU.",
    "gpu_full_batch": "The GPU ran out of memory: start a new run with a batch of {smaller} instead of "
    "{batch} slices, or train on the CPU.",
    "gpu_failed": "The GPU failed ({reason}): start the program again and resume the run, on the CPU if it "
    "happens again.",
    "run_disk_full": "The disk of {run} is full: make room on it, then resume the run.",
    "run_file_failed": "A file of the run could not be read or written ({reason}): check {run}, then resume "
    "it.",
    "checkpoint_unwritten": "A checkpoint could not be written to {run}: make room on its disk, then resume "
    "the run.",
    "loader_lost": "A process that loads slices ended, nobody knows why: resume the run; the setting "
    "workers=0 does without it.",
    "loader_killed": "A process that loads slices was killed from outside (signal 9), as the system does "
    "when the memory is full: close other programs and resume the run.",
    "loader_bus_error": "A process that loads slices found the shared memory full (bus error): make /dev/shm "
    "larger, or resume the run with the setting workers=0.",
    "loader_crashed": "A process that loads slices crashed ({exit}): resume the run; the setting workers=0 "
    "does without it.",
    "loader_ended": "A process that loads slices ended by itself ({exit}): resume the run; the setting "
    "workers=0 does without it.",
    "no_dataset": "Choose a dataset folder first.",
    "no_runs_folder": "There is no folder {folder} for the run; choose another one.",
    "run_cannot_resume": "This run cannot go on: it is finished, or it never began. Start a new one.",
    "runs_unwritten": "The list of training runs cannot be written to {folder}: {reason}.",
    "one_bad_case": "One case has a problem ({cases}): mend what the table says, or take the rows out of "
    "cases.csv.",
    "bad_cases": "{count} cases have problems ({cases}): mend what the table says, or take the rows out of "
    "cases.csv.",
    "no_model_yet": "This run has no model yet: let it come to its first validation.",
    "training_too_long": "The training was not done within {seconds:.0f} s.",
    "training_stopped": "The training was stopped.",
    "resume_goes_on": "Resume goes on with it.",
    "resume_from_epoch": "Resume goes on from the end of the last epoch.",
    "case_added": "The study was added as {case} of {patient}.",
    "model_kept": "The model '{model}' is kept; Analyze can use it now.",
    "no_case_yet": "Analyze a study first, and correct its lesions: then it can be added as a case.",
    "case_not_measured": "Wait until the study that is open has been measured.",
    "no_class_chosen": "Choose a class for lesion {lesion}.",
    "masks_on_other_grid": "The masks lie on another grid than the study; analyze it again first.",
}
_SESSION = {
    "phases_changed": "The phases were changed during the analysis; analyze them again.",
    "segmentation_removed": "The segmentation was removed from the scene: choose another one.",
    "volume_not_handed_over": "A volume could not be handed to the analysis: {reason}. Check the space on "
    "the disk of the temporary folder.",
    "liver_removed": "The liver that was chosen was removed from the scene: choose another one, or none.",
    "liver_not_told": "'{node}' does not say which of its parts is the liver: choose the part in the section "
    "Study.",
    "candidates_gone": "The candidates of this analysis are gone: analyze the study again.",
    "no_masks": "There are no masks to correct yet: analyze a study first.",
    "wait_for_state": "{state}: wait until it is done, then ask again.",
    "no_box": "There is no box yet: draw one around the lesion first.",
    "outline_installed": "{model} is installed: lesions can be outlined from a box.",
    "took_too_long": "{state} took longer than {seconds:.0f} s.",
    "masks_read_already": "The masks are the AI's own: the network has read them already.",
    "masks_of_other_size": "The masks have {masks} voxels, the reference phase has {reference}.",
    "not_removed": "{path} could not be removed ({reason}); close what uses it and try again.",
    "inside_slicer": "{folder} is inside {place}, which Slicer manages and may empty: choose another folder.",
    "nothing_to_report": "There is nothing to report yet: analyze a study first.",
    "no_format": "Choose at least one format for the report.",
    "no_report_folder": "Choose a folder for the report.",
    "no_place_for_report": "Choose a folder for the report that is not among the patient's images.",
    "results_gone": "The results are gone: analyze the study again.",
    "analyze_first": "Analyze a study first.",
    "no_curves": "There are no curves yet: measure some first.",
    "choose_curve_regions": "Choose what to measure: a segmentation, a ROI or points that lie in the images.",
    "choose_curve_series": "Choose a sequence, or tick the volumes of the series.",
    "not_from_dicom": "The {phases} phase was not loaded from DICOM files that are still there.",
    "not_opened": "{path} could not be opened: open it yourself.",
    "in_database": "The report is in Slicer's DICOM database, beside the patient's images.",
    "report_written": "The report was written to {folder}.",
    "sample_unreadable": "The sample study cannot be read: {reason}. Try again.",
    "shown_already": "These are the lesions that are shown already.",
    "corrected_kept": "Your corrected lesions of before are kept, hidden, as '{name}'.",
    "images_moved": "The images of the results in {folder} do not lie in {place} any more: choose the folder "
    "where they lie now.",
    "images_untold": "The results in {folder} do not say where their images lie: choose the folder of these "
    "images.",
    "results_of_other_images": "The images are not those of the results in {folder}: the {phase} phase does "
    "not lie where their masks do. Choose the folder of the images that were analyzed.",
    "results_opened": "These are the results of {folder}, found by the model '{model}'.",
    "results_changed": "The masks were changed since they were found: they are measured as they are now.",
    "results_model_missing": "The model '{model}' is not installed here: corrections are measured, and the "
    "network that is chosen would be another one.",
    "phase_unusable": "The {phase} phase cannot be used: {reason}",
    "phase_removed": "The {phase} phase was removed from the scene during the analysis, which was stopped; "
    "choose the phase again.",
    "phases_not_chosen": "Choose the {phases} phase first.",
    "same_volume": "The {phase} and the {other} phase are the same volume; choose a different one for each.",
    "phases_gone": "The {phases} phase that was analyzed is no longer in the scene: load the volumes and "
    "analyze again, or the corrected masks cannot be measured.",
}
_SETUP = {
    "pip_disk_full": "The disk is full: free some space and install again.",
    "pip_not_allowed": "Slicer's own folder cannot be written: close other Slicer windows, or install Slicer "
    "in a folder of your own.",
    "pip_no_network": "The package server was not reached: check the network, or install from a folder of "
    "wheels.",
    "pip_conflict": "A package would have to replace one that Slicer came with, so nothing was installed.",
    "pip_no_wheel": "The folder holds no wheel of {package} for this system and this version of Python.",
    "pip_no_version": "There is no version of {package} for this system and this version of Python.",
    "pip_failed": "pip ended with an error; the last lines of its log say more.",
}
_WORK_LIST = {
    "next_disagreement": "of a lesion of {ml} mL the model sees {percent} % again in varied images",
    "next_networks_disagree": "{networks} networks agree on {percent} % of a lesion of {ml} mL",
    "next_unsure": "the model is unsure of what it found, by up to {percent} %",
    "next_unlike": "the images are unlike those of training: {sd} standard deviations",
    "next_nothing_open": "the model found nothing that it is unsure of",
    "next_not_drafted": "no model has seen it yet",
    "next_by_chance": "drawn by chance",
    "next_as_it_lies": "in the order in which the studies lie",
    "next_marked": "marked by {readers}: {missed} missed, {wrong} wrong, {disputed} in dispute",
    "next_looked_through": "{readers} looked through it and found nothing wrong",
    "next_marked_in_part": "{readers} found nothing wrong so far, but did not look through all of it",
    "list_marked": "{studies} studies with marks are on the list; {unmarked} without any stay out.",
    "listed_conflict": "Several readers changed the study {study} from the same version, all are kept: "
    "{readers}; choose the one that counts in the work list, or with mtinet label LIST --study {study} "
    "--keep READER.",
    "listed_gone": "it does not lie where it was found any more: search its folder again",
    "listed_over": "nothing is left to do",
    "listed_over_because": "set aside: {reason}",
    "listed_over_unmet": "done, but nothing is outlined where readers marked {unmet} missed lesions",
    "done_unmet": "The study {study} is done, but nothing is outlined where readers marked {unmet} missed "
    "lesions: open it again if one was forgotten.",
    "list_searched": "{studies} studies are on the list: {new} new, {moved} in another place than before, "
    "{gone} not found any more.",
    "list_drafted": "The model has drafted the studies.",
    "list_done": "Every study of the list is done, set aside, or cannot be opened.",
    "no_list_yet": "Choose a work list first, or a folder of studies to make one of.",
    "no_listed_study": "No study of the list is open: take the next one.",
    "listed_not_shown": "The lesions that are shown are not those of the study {study}: open it again from "
    "the list.",
    "listed_transformed": "The volumes of the study {study} are under a transform: take them out of it, and "
    "analyze them again.",
    "no_such_listed": "The list has no study {study} any more: read it again.",
    "listed_problem": "it cannot be opened: {problem}",
    "listed_kept": "Of the study {study} the version of {who} counts now; the others stay in the folder.",
    "listed_exported": "{added} cases added to {dataset}, {known} were there already.",
    "listed_left_out": "Left out: {left_out}",
}
TEXTS = {**_WORK_LIST, **_WORKER, **_TRAINING, **_SESSION, **_SETUP}
