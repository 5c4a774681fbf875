package io.phonelm.tests

import io.phonelm.PhoneLMException
import io.phonelm.SessionFolder
import java.io.File
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull

/** Sessions that are kept in a folder. */
class SavedSessionTest {
    private val folder = SessionFolder(File(temporaryFolder(), "session").path)

    @Test
    fun aRestoredSessionGoesOn() = withTiny { model ->
        val session = model.newSession(instructions = "You are Bolt.", folder = folder)
        session.respond("My name is Ada.", greedy)
        val before = session.transcript
        session.close()

        val restored = model.restoreSession(folder)
        assertEquals(1, restored.turns)
        assertEquals(0, restored.lostBytes)
        assertNull(restored.readsAnew)
        assertEquals(before, restored.session.transcript)
        assertContains(restored.session.respond("What is my name?", greedy).text, "Ada")
    }

    @Test
    fun aCopyIsASessionOfItsOwn() = withTiny { model ->
        val session = model.newSession()
        session.respond("My name is Ada.", greedy)
        session.save(folder)
        assertFailsWith<PhoneLMException.SessionInvalid> { session.save(folder) }
        val restored = model.restoreSession(folder, instructions = "You are Bolt.")
        assertEquals(session.transcript.entries, restored.session.transcript.entries.drop(1))
    }

    @Test
    fun aSealedSessionNeedsItsKey() = withTiny { model ->
        val sealed = SessionFolder(folder.path, ByteArray(32) { it.toByte() })
        val session = model.newSession(folder = sealed)
        session.respond("My name is Ada.", greedy)
        session.close()
        val error = assertFailsWith<PhoneLMException.SessionInvalid> { model.restoreSession(folder) }
        assertContains(error.reason, "sealed")
        assertFalse("Ada" in File(folder.path, "transcript.log").readBytes().decodeToString())
        assertEquals(1, model.restoreSession(sealed).turns)
        assertFailsWith<PhoneLMException.OptionInvalid> { model.restoreSession(SessionFolder(folder.path, ByteArray(3))) }
    }

    @Test
    fun foldersThatCannotBeUsedAreLeftAlone() = withTiny { model ->
        val none = assertFailsWith<PhoneLMException.SessionInvalid> { model.restoreSession(folder) }
        assertEquals(folder.path, none.path)
        model.newSession(folder = folder).use {
            assertFailsWith<PhoneLMException.SessionInvalid> { model.newSession(folder = folder) }
            assertContains(assertFailsWith<PhoneLMException.SessionInvalid> { model.restoreSession(folder) }.reason, "open")
        }
    }
}
