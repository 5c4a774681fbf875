// Stands in for Apple's UIKit where there is none. PhoneLM asks only whether the module is there, because that is where
// `os_proc_available_memory` is: https://developer.apple.com/documentation/uikit
