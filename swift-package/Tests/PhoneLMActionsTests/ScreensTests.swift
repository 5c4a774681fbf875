// Actions that open other apps and the system's screens, and what a phone without these parts refuses.

import Foundation
import Testing

@testable import PhoneLMActions

@Suite(.timeLimit(.minutes(1)))
struct ScreensTests {
    private var phone = FakePhone()

    @Test func callsGoToTheTelephone() async throws {
        let told = try await phone.run("dial", #"{"to":"mum"}"#)
        #expect(told == "The phone asks the user whether to call Mum (555 0177).")
        for number in ["555", "+1 (555) 010-4477", "(0)30/12 34", "112"] {
            _ = try await phone.run("dial", #"{"to":"\#(number)"}"#)
        }
        let opened = ["tel:5550177", "tel:555", "tel:+15550104477", "tel:0301234", "tel:112"]
        #expect(await phone.log.lines == opened.map { "open \($0)" })
        let code = try await refusal { try await phone.describe("dial", #"{"to":"*#06#"}"#) }
        #expect(code == .unsupported(reason: "iOS lets no app dial *#06#; the user can, in the phone app."))
    }

    @Test mutating func messagesEndAsTheUserEndsThem() async throws {
        let call = #"{"to":"bo","body":"late"}"#
        for (outcome, told) in [
            (ComposeOutcome.sent, "was sent"), (.saved, "was kept as a draft"), (.cancelled, "was not sent"),
            (.failed, "could not be sent"),
        ] {
            phone.outcome = outcome
            #expect(try await phone.run("send_message", call).contains("The message to Bo (555 0107) \(told)"))
            let email = try await phone.run("send_email", #"{"to":["bo"]}"#)
            #expect(email.contains("The e-mail to bo@example.org \(told)"))
        }
        #expect(await phone.log.lines.first == "message to 555 0107: late")
        phone.canSend = false
        let error = try await refusal { try await phone.describe("send_message", call) }
        #expect(error == .unsupported(reason: "This phone cannot send text messages."))
    }

    @Test mutating func eMailsAreFilledIn() async throws {
        let call =
            #"{"to":["bo","a+b@example.org"],"subject":"C & A?","body":"x\ny","#
            + #""cc":["c@example.org"],"bcc":["ana silva"]}"#
        _ = try await phone.run("send_email", call)
        phone.canSend = false
        let told = try await phone.run("send_email", call)
        #expect(told.contains("is on the screen for the user to send"))
        _ = try await phone.run("send_email", #"{"to":["bo"]}"#)
        let filled =
            #"e-mail to ["bo@example.org", "a+b@example.org"] cc ["c@example.org"] "#
            + #"bcc ["ana@example.org"]: C & A?: "#
        #expect(
            await phone.log.lines == [
                filled + "x\ny",
                "open mailto:bo@example.org,a%2Bb@example.org?cc=c@example.org&bcc=ana@example.org&subject=C%20%26%20A%3F"
                    + "&body=x%0Ay",
                "open mailto:bo@example.org",
            ])
    }

    @Test func mapsAndSearches() async throws {
        _ = try await phone.run("web_search", #"{"query":"C++ & ü"}"#)
        _ = try await phone.run("search_location", #"{"query":"dog parks"}"#)
        for mode in ["drive", "walk", "transit"] {
            _ = try await phone.run("navigate", #"{"destination":"home","mode":"\#(mode)"}"#)
        }
        let bicycle = try await phone.run("navigate", #"{"destination":"home","mode":"bicycle"}"#)
        #expect(bicycle.contains("not told of the bicycle"))
        #expect(
            await phone.log.lines == [
                "open https://duckduckgo.com/?q=C%2B%2B%20%26%20%C3%BC", "open https://maps.apple.com/?q=dog%20parks",
                "open https://maps.apple.com/?daddr=home&dirflg=d", "open https://maps.apple.com/?daddr=home&dirflg=w",
                "open https://maps.apple.com/?daddr=home&dirflg=r", "open https://maps.apple.com/?daddr=home",
            ])
    }

    @Test func settingsOpenOnTheAppsOwnPages() async throws {
        for page in SettingsPage.allCases {
            let call = #"{"page":"\#(page.rawValue)"}"#
            if page == .main || page == .notifications {
                let told = try await phone.run("open_settings", call)
                #expect(told.contains("The settings of this app are on the screen"))
            } else {
                let error = try await refusal { try await phone.describe("open_settings", call) }
                #expect(error.localizedDescription.contains(page.rawValue.replacingOccurrences(of: "_", with: " ")))
            }
        }
        #expect(await phone.log.lines == ["open app-settings:", "open app-settings:notifications"])
    }

    @Test mutating func whatTheUserBringsBack() async throws {
        let calls = [
            ("pick_contact", "{}", "The user chose Ana Silva."),
            ("take_photo", "{}", "The user took a picture."),
            ("open_camera", #"{"mode":"photo"}"#, "The user took a picture."),
            ("record_video", "{}", "The user recorded a video."),
            ("open_camera", #"{"mode":"video"}"#, "The user recorded a video."),
            ("create_document", #"{"name":"a/b","kind":"presentation"}"#, "The user saved a-b.pptx."),
            ("open_document", #"{"kind":"pdf"}"#, "The user chose one.jpg. It is on the screen."),
            ("pick_file", #"{"kind":"image","multiple":true}"#, "The user chose one.jpg, two.jpg."),
        ]
        for (function, json, _) in calls {
            #expect(try await phone.run(function, json) == "The user turned back without choosing.")
        }
        let asked = await phone.log.lines
        #expect(!asked.contains { $0.hasPrefix("files") })
        phone = FakePhone()
        phone.pickedContact = "Ana Silva"
        phone.files = ["one.jpg", "two.jpg"].map { URL(fileURLWithPath: "/tmp/\($0)") }
        for (function, json, told) in calls { #expect(try await phone.run(function, json) == told) }
        #expect(
            await phone.log.lines == [
                "camera photo", "files one.jpg", "camera photo", "files one.jpg", "camera video", "files one.jpg",
                "camera video", "files one.jpg", "save a-b.pptx of 0 bytes", "files a-b.pptx", "pick pdf",
                "files one.jpg", "show one.jpg", "pick image several", "files one.jpg, two.jpg",
            ])
        phone.pickedContact = ""
        #expect(try await phone.run("pick_contact", "{}") == "The user chose a contact without a name.")
    }

    @Test func everyKindOfDocumentAndFile() async throws {
        let kinds = [("text", "txt"), ("pdf", "pdf"), ("spreadsheet", "xlsx"), ("presentation", "pptx")]
        for (kind, suffix) in kinds {
            _ = try await phone.run("create_document", #"{"name":"a","kind":"\#(kind)"}"#)
            #expect(await phone.log.lines.last == "save a.\(suffix) of 0 bytes")
        }
        for kind in DocumentKind.allCases {
            _ = try await phone.run("open_document", #"{"kind":"\#(kind.rawValue)"}"#)
            #expect(await phone.log.lines.last == "pick \(kind)")
        }
        for kind in FileKind.allCases {
            _ = try await phone.run("pick_file", #"{"kind":"\#(kind.rawValue)","multiple":false}"#)
            #expect(await phone.log.lines.last == "pick \(kind)")
        }
    }

    @Test mutating func musicIsPlayedByTheFirstFieldThatHasTheWords() async throws {
        let call = #"{"query":"Miles Davis"}"#
        phone.music = .album
        #expect(try await phone.run("play_media", call) == "The music library plays Miles Davis.")
        #expect(await phone.log.lines == ["music artist Miles Davis", "music album Miles Davis"])
        phone.music = nil
        let error = try await refusal { try await phone.run("play_media", call) }
        #expect(error == .unsupported(reason: "The music library on this phone has nothing with Miles Davis."))
        #expect(await phone.log.lines.count == 6)
    }

    @Test func whatIOSDoesNotOffer() async throws {
        let error = try await refusal { try await phone.describe("pick_ringtone", "{}") }
        #expect(error == .unsupported(reason: "iOS shows an app no ringtones."))
    }

    @Test func aPhoneWithoutPartsRefusesAll() async throws {
        let bare = PhoneActions(device: PhoneDevice(declares: { _ in true }), now: { now }, timeZone: berlin)
        for (function, json) in calls {
            let error = try await refusal { try await bare.run(function, json) }
            let described = try await refusal { try await bare.describe(function, json) }
            #expect(error == described)
            switch error {
            case .unsupported, .contactsUnreadable: #expect(error.localizedDescription.hasSuffix("."))
            default: Issue.record("\(function): \(error)")
            }
        }
    }

    @Test mutating func everyKeyOfInfoPlistIsNeeded() async throws {
        let keys = [
            "set_alarm": "NSAlarmKitUsageDescription", "show_alarms": "NSAlarmKitUsageDescription",
            "set_timer": "NSAlarmKitUsageDescription", "insert_event": "NSCalendarsWriteOnlyAccessUsageDescription",
            "insert_contact": "NSContactsUsageDescription", "open_camera": "NSCameraUsageDescription",
            "take_photo": "NSCameraUsageDescription", "record_video": "NSMicrophoneUsageDescription",
            "play_media": "NSAppleMusicUsageDescription",
        ]
        for (function, key) in keys {
            phone.missingKey = key
            let error = try await refusal { try await phone.describe(function, try #require(calls[function])) }
            #expect(error.localizedDescription.contains(key))
        }
    }

    @Test mutating func whatTheUserDoesNotAllow() async throws {
        phone.isAllowed = false
        for function in ["set_alarm", "set_timer", "insert_event", "insert_contact", "play_media"] {
            let call = try #require(calls[function])
            _ = try await phone.describe(function, call)
            let error = try await refusal { try await phone.run(function, call) }
            guard case .notAllowed(let reason) = error else { throw error }
            #expect(reason.hasPrefix("The user does not let this app"))
        }
        #expect(await phone.log.lines.isEmpty)
    }

    @Test mutating func whatNoAppOpens() async throws {
        phone.opens = false
        for function in ["dial", "web_search", "search_location", "navigate", "open_settings"] {
            let error = try await refusal { try await phone.run(function, try #require(calls[function])) }
            #expect(error.localizedDescription.contains("No app on this phone opens"))
        }
    }
}
